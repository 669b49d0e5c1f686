"""`python -m benchmarks.sweep`: a sweep of a million candidates."""

from benchmarks.sweep.whole import main

main()
