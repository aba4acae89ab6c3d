"""What the buttons do, modal in a window and blocking in a script."""
