"""Evidence: what every indicator of a board says on a date, from what was known at its close."""
