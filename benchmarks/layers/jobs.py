"""All jobs, in the order in which a run goes through their layers."""

from benchmarks.layers import allocation, end_to_end, ledger, load, measures, report, signals, start, sweep

JOBS = (
    *start.JOBS,
    *load.JOBS,
    *signals.JOBS,
    *allocation.JOBS,
    *ledger.JOBS,
    *sweep.JOBS,
    *measures.JOBS,
    *report.JOBS,
    *end_to_end.JOBS,
)
LAYERS = tuple(dict.fromkeys(job.layer for job in JOBS))
