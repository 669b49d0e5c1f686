"""Runs read back from their folders, side by side."""
