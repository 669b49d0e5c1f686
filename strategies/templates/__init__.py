"""Files that a user's own thesis or strategy begins from."""
