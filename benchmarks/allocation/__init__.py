"""The optimisers against others: the same programmes, answers held against a tight reference first, then time per step."""
