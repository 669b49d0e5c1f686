"""Strategies that see the future, each in one known way, and one that does not: for the prover's tests."""
