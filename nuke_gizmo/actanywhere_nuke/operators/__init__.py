"""What the buttons, the menu and the terminal call."""
