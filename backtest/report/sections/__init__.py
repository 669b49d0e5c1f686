"""The sections of the report, one file each: every one reads a run and gives its exhibits."""
