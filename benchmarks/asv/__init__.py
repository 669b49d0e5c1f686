"""asv on this repository: its configuration, how a commit is installed, and the jobs as it takes them."""
