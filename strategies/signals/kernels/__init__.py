"""Compiled loops of signals."""
