"""Where the results of a sweep are kept: in memory, or part by part in a folder that goes on after a kill."""
