"""Long series as they were known: what names one, its latest figure at a stamp, what it covers, where it breaks."""
