"""The optimisers against others: the same programmes, answers held against a reference first, then time per step."""
