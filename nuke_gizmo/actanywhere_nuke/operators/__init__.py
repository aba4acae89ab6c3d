"""What a press of a button, a menu's entry or a terminal does."""
