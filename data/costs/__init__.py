"""What a trade costs: dated facts per venue and side."""
