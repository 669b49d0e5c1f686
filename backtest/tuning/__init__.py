"""Tuning: many variants of a strategy at once, and what they say."""
