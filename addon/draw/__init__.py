"""The panels and the preferences, and the properties that they show."""
