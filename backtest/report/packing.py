"""Packing of what makes the page heavy: gzip and base64, undone by the browser's DecompressionStream.

Plain, the chart library alone is 4.8 MB of a page that may have 6; packed it is 2 MB, and the page can be mailed. A
browser without DecompressionStream (before 2023) shows every table and says that it cannot draw.
"""

import base64
import gzip
import hashlib
from functools import cache
from pkgutil import get_data

from backtest.errors import BacktestError
from data.storage.atomic import replacing
from data.storage.caches import cache_folder

LEVEL = 6  # of gzip


def packed(text: str) -> str:
    """Pack text for a page.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Base64 of gzip, the same for the same text: no time is written into it.

    Examples
    --------
    >>> gzip.decompress(base64.b64decode(packed("NAV"))).decode()
    'NAV'
    """
    return base64.b64encode(gzip.compress(text.encode(), LEVEL, mtime=0)).decode()


@cache
def chart_library() -> str:
    """Give plotly.js, packed; packing takes longer than all the rest of a page, so it is kept by content.

    Returns
    -------
    str

    Raises
    ------
    BacktestError
        If plotly has no chart library.
    """
    text = get_data("plotly", "package_data/plotly.min.js")
    if text is None:
        raise BacktestError("plotly is installed without its chart library: install it again.")
    kept = cache_folder(f"packed-gzip{LEVEL}") / f"{hashlib.sha256(text).hexdigest()}.txt"
    if not kept.exists():
        with replacing(kept) as unfinished:
            unfinished.write_text(packed(text.decode()), encoding="ascii")
    return kept.read_text(encoding="ascii")
