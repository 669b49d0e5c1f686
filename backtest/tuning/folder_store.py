"""Results of a sweep in a folder, part by part."""

from collections.abc import Mapping
from pathlib import Path

from backtest.tuning.parts import Layout
from backtest.tuning.store import MemoryStore


class FolderStore(MemoryStore):
    """Skeleton."""

    def __init__(self, folder: Path, identity: Mapping[str, str], layout: Layout, *, csv: bool) -> None:
        super().__init__(layout)
