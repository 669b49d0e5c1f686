"""Gates: a commit held against an earlier one, in results, instructions, speed and memory; see `compare`."""
