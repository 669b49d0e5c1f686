"""What the compiled kernels execute: instructions, arithmetic and bytes, and where in the source they are."""
