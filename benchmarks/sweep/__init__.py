"""Sweeps by themselves: a million candidates, what they write, what limits them, and the same in vectorbt."""
