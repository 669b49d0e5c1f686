"""Results of a sweep in a folder, part by part: killed at any moment, it goes on where it was."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.output import run_folder
from backtest.output.documents import json_text
from backtest.output.run_folder import LOCK, refusal, refuse_unwritable
from backtest.tuning.storage.assembly import TableWriter, read_table, write_csv
from backtest.tuning.storage.identity import described, refuse_other
from backtest.tuning.storage.part_files import PartFiles, array_file
from backtest.tuning.storage.parts import About, Layout, Part
from backtest.tuning.storage.sealed_sweep import (
    CSV,
    IDENTITY,
    PARTS,
    SEAL,
    TABLE,
    SealedSweep,
    flush,
    move_out,
    seal,
    text_checksum,
)
from data.storage.atomic import UNFINISHED
from data.storage.locks import locked

GOES_ON = "The parts written by then are whole: sweep into it again to go on."


class FolderStore:
    """Results of a sweep in a folder.

    Parameters
    ----------
    folder : Path
        Made if need be.
    identity : mapping of str to str
        What decides the results.
    layout : Layout
    csv : bool
        Write table.csv too.

    Attributes
    ----------
    layout : Layout
    damaged : frozenset of int
        Parts that an earlier process had written and that were found damaged: they have to be made again.

    Raises
    ------
    BacktestError
        If the folder cannot be written, has no room, holds something else, is that of another sweep, or holds this one
        finished and edited since.
    DataError
        If another process is sweeping into it.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], layout: Layout, *, csv: bool = False) -> None:
        self.layout = layout
        self.damaged: frozenset[int] = frozenset()
        self._folder = folder
        self._parts = folder / PARTS
        self._identity = described(identity, layout, csv=csv)
        self._csv = csv
        self._files = PartFiles(self._parts, layout)
        self._done = set[int]()
        self._lock = Lock()
        self._table: TableWriter | None = None
        self._table_lock = Lock()
        self._sealed: SealedSweep | None = None
        refuse_unwritable(folder, names=())
        with self._saying(), ExitStack() as stack:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / LOCK, "sweeping into"))
            self._open()
            self._held = stack.pop_all()

    @property
    def done(self) -> frozenset[int]:
        """Numbers of the parts that are there."""
        with self._lock:
            return frozenset(self._done)

    def write(self, number: int, part: Part) -> None:
        """Write a part, whole or not at all; one that is there stays."""
        pieces = self.layout.pieces(number, part)
        with self._lock:
            if number in self._done:
                return
        with self._saying(GOES_ON):
            self._files.write(number, pieces)
            with self._lock:
                self._done.add(number)
            if self._table_lock.acquire(blocking=False):  # whoever has it writes this part too, or the end does
                try:
                    self._table_so_far({number: pieces.columns})
                finally:
                    self._table_lock.release()

    def finish(self, about: About, /) -> None:
        """Assemble the files, seal them and remove the parts; nothing is done where that was done before."""
        self.layout.refuse_missing(self.done)
        if self._sealed is not None:
            return
        with self._saying(GOES_ON):
            if not (self._parts / SEAL).exists():
                self._assemble(about)
            move_out(self._folder)
        self._sealed = SealedSweep(self._folder)

    @property
    def table(self) -> pd.DataFrame:
        """One row per candidate, in order; read when asked for."""
        return self._finished.table

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """Sums of returns per block, (n_candidates, n_blocks); read when looked at."""
        return self._finished.array("sums")

    @cached_property
    def squares(self) -> NDArray[np.float64]:
        """Sums of their squares, (n_candidates, n_blocks); read when looked at."""
        return self._finished.array("squares")

    @cached_property
    def returns(self) -> NDArray[np.float32] | None:
        """Simple returns, (n_candidates, n_dates), where they are kept; read when looked at."""
        return None if self.layout.n_dates is None else self._finished.array("returns")

    def close(self) -> None:
        """Let go of the folder."""
        if self._table is not None:
            with suppress(OSError):  # it ends too early in any case: whoever goes on writes it anew
                self._table.close()
            self._table = None
        self._held.close()

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the folder."""
        self.close()

    @property
    def _finished(self) -> SealedSweep:
        if self._sealed is None:
            raise BacktestError(f"The sweep in {self._folder} is not finished: its results cannot be read yet.")
        return self._sealed

    def _assemble(self, about: About) -> None:
        """Make the files of the finished sweep, and seal them."""
        names = [TABLE, *map(array_file, self.layout.arrays)]
        with self._table_lock:
            self._table_so_far({}).close()
            self._table = None
        numbers = range(self.layout.n_parts)
        if self._csv:
            names.insert(1, CSV)
            write_csv(self._parts / CSV, self.layout, map(self._files.columns, numbers))
        checksums = [self._files.checksum(number) for number in numbers]
        with ThreadPoolExecutor(1) as disk:  # which takes its time, while the sweep is summed up
            flushed = disk.submit(flush, self._parts, names)
            said = about(lambda columns: read_table(self._parts / TABLE, self.layout, columns))
            files = flushed.result()
        stated = {"identity": self._identity, "about": said, "about_crc32": text_checksum(said)}
        seal(self._parts, files, stated | {"layout": self.layout.document(), "parts": checksums})

    def _table_so_far(self, at_hand: Mapping[int, Mapping[str, NDArray[Any]]]) -> TableWriter:
        """Write to the table the parts that follow on those in it, so that little is left to do at the end.

        Parts at hand need not be read again, which costs as much as writing them.
        """
        table = self._table or TableWriter(self._parts / TABLE, self.layout)
        self._table = None  # of one that could not be written no more is used
        while True:
            with self._lock:
                if table.n_parts not in self._done:
                    break
            table.write(at_hand.get(table.n_parts) or self._files.columns(table.n_parts))
        self._table = table
        return table

    def _open(self) -> None:
        """Find out what the folder holds, and go on from there."""
        for left in self._folder.glob(f".*{UNFINISHED}"):
            if left.is_dir():  # of a process that died: nobody else writes while the lock is held
                shutil.rmtree(left, ignore_errors=True)
        move_out(self._folder)
        if (self._folder / SEAL).exists():
            sealed = SealedSweep(self._folder)
            refuse_other(self._folder, sealed.identity, self._identity, is_finished=True)
            sealed.verify()  # its figures are about to be shown as those of this sweep
            self._sealed = sealed
            self._done.update(range(self.layout.n_parts))
            return
        self._refuse_foreign()
        if self._parts.exists():
            self._go_on()
        else:
            self._begin()

    def _begin(self) -> None:
        self._refuse_full(self.layout.nbytes)
        # Made aside and renamed: the folder of parts is never there without saying of what.
        unfinished = self._folder / f".{uuid4().hex}{UNFINISHED}"
        unfinished.mkdir()
        (unfinished / IDENTITY).write_text(json_text(self._identity), encoding="utf-8")
        unfinished.replace(self._parts)
        self._files.lay_out()

    def _go_on(self) -> None:
        try:
            found = json.loads((self._parts / IDENTITY).read_bytes())
        except ValueError as error:
            raise BacktestError(
                f"{self._parts / IDENTITY} is damaged, so it cannot be said whose parts these are. Remove "
                f"{self._parts}, or choose another folder with --out."
            ) from error
        refuse_other(self._folder, found, self._identity, is_finished=False)
        for left in self._parts.glob(f".*{UNFINISHED}"):
            left.unlink(missing_ok=True)
        self._files.lay_out()
        marked = self._files.marked()
        whole = {number for number in marked if self._files.is_whole(number)}
        self.damaged = marked - whole
        for number in self.damaged:
            self._files.forget(number)
        self._done |= whole
        share_left = 1 - len(whole) / self.layout.n_parts
        self._refuse_full(int(self.layout.nbytes * share_left))

    def _refuse_foreign(self) -> None:
        """Refuse a folder in which something of ours would meet something of somebody else's."""
        if (self._folder / run_folder.SEAL).exists():
            raise BacktestError(f"{self._folder} holds a run ({run_folder.SEAL}). Choose another folder with --out.")
        own = [name for name in (TABLE, CSV, *map(array_file, self.layout.arrays)) if (self._folder / name).exists()]
        if os.path.lexists(self._parts) and not (self._parts / IDENTITY).is_file():
            own.append(PARTS)
        if own:
            raise BacktestError(
                f"{self._folder} has a {own[0]} that no sweep wrote, and a sweep would write over it. Move it away, or "
                "choose another folder with --out."
            )

    def _refuse_full(self, of_parts: int) -> None:
        needed = of_parts + self.layout.table_bytes + (self.layout.csv_bytes if self._csv else 0)
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise BacktestError(
                f"The sweep needs {needed / 1e6:,.0f} MB in {self._folder}, and its disk has {free / 1e6:,.0f} MB "
                "left. Free some, or choose another with --out."
            )

    @contextmanager
    def _saying(self, more: str = "") -> Iterator[None]:
        """Say in one plain line why the folder cannot be written."""
        try:
            yield
        except OSError as error:
            raise BacktestError(f"{refusal(self._folder, error)} {more}".rstrip()) from error
