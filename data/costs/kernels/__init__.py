"""Compiled loops over trades and days."""
