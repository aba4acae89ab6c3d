"""The contract of host and engine: shots, jobs, results, errors, takes, and the worker's protocol."""
