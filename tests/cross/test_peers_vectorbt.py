"""The jobs of the benchmark beside vectorbt and plain scripts, small: all of them have parity.

Sums are taken in other orders: tolerances are those of the jobs, far above rounding.
"""

from importlib.util import find_spec

import pytest

from benchmarks.peers.comparing import compare
from benchmarks.peers.measuring import measuring_job
from benchmarks.peers.rebalancing import rebalancing_jobs
from benchmarks.peers.signalling import signalling_jobs

pytestmark = [
    pytest.mark.cross,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:FutureWarning"),  # of engines, not ours
]
JOBS = {job.key: job for job in (*rebalancing_jobs(300, 6), *signalling_jobs(900, 6), measuring_job())}


@pytest.mark.parametrize("key", JOBS)
def test_all_that_are_installed_have_parity(key):
    found = compare(JOBS[key], repeats=3, seconds=0.01)
    assert not found.lost, [(row.entry.name, row.remark) for row in found.lost]
    state = {(row.entry.name, row.entry.engine): row.state for row in found.rows}
    if key != "signal":  # vectorbt has no such signal
        assert any(name.startswith("vectorbt") and has == "timed" for (name, _), has in state.items())
    if find_spec("vectorbt_rust") is None and key != "signal":
        assert "not installed" in state.values()
    for row in found.rows:
        if row.state == "timed" and row.entry.tolerance is None and row.gap is not None:
            assert row.gap <= JOBS[key].tolerance
