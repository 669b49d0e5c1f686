"""Evidence told: in words, as JSON, and as a page."""
