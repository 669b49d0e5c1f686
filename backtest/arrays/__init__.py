"""From a market, decisions and settings to the arrays that kernels read."""
