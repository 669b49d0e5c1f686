"""Rules: from signals to shares, from baskets to inner weights."""
