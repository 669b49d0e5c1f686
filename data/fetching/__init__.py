"""Fetching a market folder from a vendor: politely, resumably, whole or not at all."""
