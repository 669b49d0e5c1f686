"""Theses that leave the weighing to an optimiser: what it reads at each decision, and what it must keep to."""
