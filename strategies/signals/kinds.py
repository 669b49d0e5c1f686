"""The signals that a thesis may name: a new one is added to this list."""
