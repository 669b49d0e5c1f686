"""Where market data come from: frames in memory, folders of files."""
