"""Compiled simulation kernels: pure functions of arrays."""
