"""Estimators: risks and expected returns of names, from returns, signals and views."""
