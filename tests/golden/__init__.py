"""Summaries of every thesis on the demo market, kept: they change for a reason, which is written down."""
