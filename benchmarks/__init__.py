"""Measured speed: each layer beside a peer, parity asserted before timing."""
