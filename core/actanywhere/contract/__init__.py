"""What host and engine say to each other: shots, jobs, results, errors, takes, and the worker as its host sees it."""
