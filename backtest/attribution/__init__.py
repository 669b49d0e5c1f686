"""Where the money came from, adding up exactly."""
