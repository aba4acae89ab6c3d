"""From a node to a Job: what is decided is plain Python; ``asking``, ``tracks`` and ``upstream`` alone ask Nuke."""
