"""What kernels of all packages share."""
