"""The jobs that are measured, one file per layer; `benchmarks.layers.jobs` lists them all.

To add a layer: write its file with a tuple `JOBS` and name that tuple in `jobs.py`. asv, the loop, the table and the
trend page find it there.
"""
