"""What comes back, shown on the node."""
