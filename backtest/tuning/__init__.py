"""Many variants of a strategy: what is varied, all of them run, and what the table of them says."""
