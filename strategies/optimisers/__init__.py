"""Optimisers: from forecasts and constraints to weights."""
