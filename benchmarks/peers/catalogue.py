"""Every job there is."""

from benchmarks.peers.jobs import Job
from benchmarks.peers.rebalancing import rebalancing_jobs


def all_jobs() -> tuple[Job, ...]:
    """Give every job, in the order of the table.

    Returns
    -------
    tuple of Job
    """
    return (*rebalancing_jobs(),)
