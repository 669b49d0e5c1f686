"""The job of the benchmark beside vectorbt: the same NAV and measures, candidate by candidate."""

import numpy as np
import pytest

from benchmarks.sweep.equal_job import INVESTED, make_job
from benchmarks.sweep.in_vectorbt import assert_parity, count_years_as_we_do

pytestmark = [pytest.mark.cross, pytest.mark.timeout(300)]


def test_nav_and_measures_of_64_rotations_are_those_of_vectorbt():
    """Weights add up to 0.95, so no buy is cut: both do the same sums in another order, 1e-9 is far above rounding."""
    import vectorbt as vbt

    job = make_job(n_dates=300, n_names=8)
    shares = job.shares(0, 64)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(job.setup.weighed.inner.sum(axis=2), INVESTED, rtol=1e-15)
    assert len(np.unique(shares[:, 1].round(12), axis=1).T) > 20  # candidates do differ
    returns, before = vbt.settings["returns"], vbt.settings["returns"]["year_freq"]
    try:
        count_years_as_we_do(job)
        nav_gap, measure_gap = assert_parity(job, "numba")
    finally:
        returns["year_freq"] = before
    assert max(nav_gap, measure_gap) < 1e-9
