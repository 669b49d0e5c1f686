"""Where real market data lie, if anywhere: named by EASTBOUND_REFERENCE, never part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / (os.environ.get("EASTBOUND_REFERENCE") or "../shared")  # an absolute path stays as it is
FOLDER = REFERENCE / "real"

needs_real = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no real market data: EASTBOUND_REFERENCE has no folder 'real' ({REFERENCE})"
)
