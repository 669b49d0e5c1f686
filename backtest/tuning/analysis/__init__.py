"""What the table of a sweep says: pure functions on data frames."""
