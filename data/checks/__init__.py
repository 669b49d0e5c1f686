"""What can be wrong with market data: a numbered catalogue, and the checks that no single row can fail."""
