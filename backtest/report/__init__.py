"""The report of a run: one HTML page for a committee, and its verdict in words."""
