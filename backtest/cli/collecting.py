"""Garbage that is looked for seldom: a short command ends before it pays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles after many more objects than Python does: libraries make a million, and none is garbage."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
