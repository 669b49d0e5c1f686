"""The folder for what can be made again: compiled kernels, the sessions of the calendar library."""

import os
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path


@cache
def cache_folder(name: str) -> Path:
    """Return a folder for one kind of thing, made if need be.

    Parameters
    ----------
    name : str
        Names what made the content, so that content of another making is never read.

    Returns
    -------
    Path
        Below `EASTBOUND_CACHE` or the user's cache folder; below the temporary folder when neither can be written.
    """
    home = os.environ.get("EASTBOUND_CACHE")
    preferred = Path(home) if home else user_cache_path("eastbound")
    user = os.getuid() if hasattr(os, "getuid") else 0
    fallback = Path(tempfile.gettempdir()) / f"eastbound-{user}"
    for parent in (preferred, fallback):
        folder = parent / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # The temporary folder is open to all: what somebody else put there is not run.
            is_ours = parent == preferred or not hasattr(os, "getuid") or folder.stat().st_uid == user
        except OSError:
            continue
        if is_ours and os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="eastbound-"))
