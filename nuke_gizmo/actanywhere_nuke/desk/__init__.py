"""What is decided about a shot in Nuke, in plain Python: every function here can be run and tested without Nuke."""
