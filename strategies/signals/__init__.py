"""Signals: pure functions of what was known, on a grid of decision stamps."""
