"""What is kept on disk: cache folders, parsed files, whole-file writes, locks."""
