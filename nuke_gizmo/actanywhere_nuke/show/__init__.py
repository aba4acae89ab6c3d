"""Shows takes and their state on the node."""
