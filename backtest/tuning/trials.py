"""The trial ledger: what was tried on which data, so that a winner can be held against how many there were.

JSON lines in the user's data folder, one a run or a sweep, only ever appended to, under a lock. What is the same trial
(the same settings on the same data over the same dates) counts once, however often it was run.
"""

import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backtest.errors import BacktestError
from backtest.output.provenance import strategy_part
from backtest.result import BacktestResult
from backtest.run import RotationResult
from backtest.tuning.history import UNKNOWN, History
from backtest.tuning.storage.identity import settings_digest
from data.errors import DataError
from data.fingerprint import market_hash
from data.market import MarketData
from data.storage.locks import locked
from strategies.thesis import Thesis

FILE = "trials.jsonl"
PLACE = "EASTBOUND_LEDGER"  # environment variable: another file
WAIT_SECONDS = 30.0  # another process appends its line in a millisecond


class Trial(BaseModel):
    """A line of the ledger.

    Attributes
    ----------
    format : int
    when : str
        UTC.
    kind : {"run", "sweep"}
    trial : str
        SHA-256 of all that decides the results: the same trial has the same.
    thesis : str
        Its name, or the strategy's file as it was asked for.
    settings : str
        SHA-256 of its settings, those of the run included.
    market : str
    market_sha256 : str
        See `data.fingerprint.market_hash`.
    first, last : str
        Bounds of decisions and NAV.
    candidates : int
        1 for a run.
    varied : mapping of str to int
        How many values of each parameter.
    best : mapping of str to float or None
        Measures of the run, or of the best candidate; None where one is not defined.
    where : str or None
        Folder of the results.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: Literal[1] = 1  # counted up whenever a key changes its meaning or goes
    when: str
    kind: Literal["run", "sweep"]
    trial: str
    thesis: str
    settings: str
    market: str
    market_sha256: str
    first: str
    last: str
    candidates: int = Field(ge=1, strict=True)
    varied: Mapping[str, int] = {}
    best: Mapping[str, float | None] = {}
    where: str | None = None


def ledger_path(ledger: Path | None = None) -> Path:
    """Say where the ledger is.

    Parameters
    ----------
    ledger : Path, optional
        As asked for; without it `EASTBOUND_LEDGER`, else a file in the user's data folder.

    Returns
    -------
    Path
    """
    if ledger is not None:
        return ledger
    asked = os.environ.get(PLACE)
    return Path(asked) if asked else user_data_path("eastbound") / FILE


def run_trial(result: BacktestResult, strategy: str, where: Path | None = None) -> Trial:
    """Describe a single run as a trial.

    Parameters
    ----------
    result : BacktestResult
    strategy : str
        As it was asked for: the name of a thesis, or a file.
    where : Path, optional
        Folder of its results.

    Returns
    -------
    Trial
        Of a thesis the name does not make another trial: its settings do.
    """
    if isinstance(result, RotationResult):
        name, rule = result.thesis.name, _rule(result.thesis)
    else:
        name, rule = strategy, {"file": strategy_part(strategy, {})["sha256"]}
    settings = settings_digest({"rule": rule, "run": result.config.model_dump()})
    measures = result.summary()
    best = {key: float(measures[key]) for key in ("sharpe", "annual_return")}
    return _trial("run", name, settings, result.market, best=best, where=where)


def sweep_trial(
    strategy: Thesis | str,
    market: MarketData,
    *,
    grid: str,
    n_candidates: int,
    varied: Mapping[str, int],
    best: Mapping[str, float],
    where: Path | None = None,
) -> Trial:
    """Describe a sweep as a trial.

    Parameters
    ----------
    strategy : Thesis or str
        The one that was varied; of a strategy in Python its file, as it was asked for.
    market : MarketData
    grid : str
        Digest of the candidates.
    n_candidates : int
    varied : mapping of str to int
        How many values of each parameter.
    best : mapping of str to float
        Measures of the best candidate; NaN where one is not defined.
    where : Path, optional
        Folder of the table.

    Returns
    -------
    Trial
    """
    if isinstance(strategy, Thesis):
        name, decides = strategy.name, {"rule": _rule(strategy), "run": strategy.run}
    else:
        name, decides = strategy, {"rule": {"file": strategy_part(strategy, {})["sha256"]}}
    settings = settings_digest({**decides, "grid": grid})
    return _trial("sweep", name, settings, market, n_candidates=n_candidates, varied=varied, best=best, where=where)


def record(trial: Trial, ledger: Path | None = None) -> None:
    """Append a trial to the ledger, which is made if need be.

    Parameters
    ----------
    trial : Trial
    ledger : Path, optional
        See `ledger_path`.

    Raises
    ------
    BacktestError
        If it cannot be written. That is no reason to lose a run: warn, and go on.
    """
    path = ledger_path(ledger)
    line = (trial.model_dump_json() + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            locked(path.with_name(f".{path.name}.lock"), "writing to", wait_seconds=WAIT_SECONDS),
            path.open("ab+") as file,
        ):
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # what a killed process left of its line stays a line of its own
                    line = b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, DataError) as error:
        why = error if isinstance(error, DataError) else f"{error.strerror or error}."
        raise BacktestError(f"The trial could not be recorded in {path}: {why}") from error


def history(
    market_sha256: str, ledger: Path | None = None, *, market: str | None = None, but: str | None = None
) -> History:
    """Count what was tried on a market.

    Parameters
    ----------
    market_sha256 : str
        See `data.fingerprint.market_hash`.
    ledger : Path, optional
        See `ledger_path`.
    market : str, optional
        Its name: trials on other data of that name are counted apart.
    but : str, optional
        `Trial.trial` of one that is not counted: the one that asks.

    Returns
    -------
    History
        Lines that cannot be read are named and not counted; they stop nothing.
    """
    path = ledger_path(ledger)
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return UNKNOWN
    except OSError as error:
        return History(is_known=False, faults=(f"Trial ledger {path} cannot be read: {error.strerror or error}.",))
    trials, faults = dict[str, Trial](), list[str]()
    for number, line in enumerate(lines, start=1):
        try:
            one = Trial.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            what = f"{key}: {first['msg']}" if key else str(first["msg"])
            faults.append(f"Line {number} of trial ledger {path} is not counted: {what}.")
            continue
        if one.trial != but:
            trials[one.trial] = one
    same = [one for one in trials.values() if one.market_sha256 == market_sha256]
    other = [one for one in trials.values() if one.market == market and one.market_sha256 != market_sha256]
    return History(
        is_known=True,
        n_runs=sum(one.kind == "run" for one in same),
        n_sweeps=sum(one.kind == "sweep" for one in same),
        n_candidates=sum(one.candidates for one in same),
        n_other_data=sum(one.candidates for one in other),
        n_unreadable=len(faults),
        faults=tuple(faults),
    )


def others(trial: Trial, ledger: Path | None = None) -> History:
    """Count what else was tried on the data of a trial.

    Parameters
    ----------
    trial : Trial
        Not counted itself, whether it is recorded yet or not.
    ledger : Path, optional
        See `ledger_path`.

    Returns
    -------
    History
    """
    return history(trial.market_sha256, ledger, market=trial.market, but=trial.trial)


def _rule(thesis: Thesis) -> dict[str, Any]:
    """Give what a thesis decides by, without what it is called."""
    return thesis.model_dump(mode="python", exclude={"name", "title", "run"})


def _trial(
    kind: Literal["run", "sweep"],
    name: str,
    settings: str,
    market: MarketData,
    *,
    best: Mapping[str, float],
    n_candidates: int = 1,
    varied: Mapping[str, int] | None = None,
    where: Path | None = None,
) -> Trial:
    sha256, first, last = market_hash(market), str(market.start), str(market.end)
    decides = {"kind": kind, "settings": settings, "market": sha256, "first": first, "last": last}
    return Trial(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        trial=settings_digest({**decides, "holdable": list(market.holdable)}),
        kind=kind,
        thesis=name,
        settings=settings,
        market=market.name,
        market_sha256=sha256,
        first=first,
        last=last,
        candidates=n_candidates,
        varied=dict(varied or {}),
        best={key: value if math.isfinite(value) else None for key, value in best.items()},
        where=None if where is None else str(where.absolute()),
    )
