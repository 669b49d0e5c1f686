"""Every job there is."""

from benchmarks.peers.jobs import Job
from benchmarks.peers.loading import loading_jobs
from benchmarks.peers.measuring import measuring_job
from benchmarks.peers.rebalancing import rebalancing_jobs
from benchmarks.peers.signalling import signalling_jobs
from benchmarks.peers.sweeping import sweeping_job


def all_jobs() -> tuple[Job, ...]:
    """Give every job, in the order of the table.

    Returns
    -------
    tuple of Job
    """
    return (*rebalancing_jobs(), sweeping_job(), *signalling_jobs(), measuring_job(), *loading_jobs())
