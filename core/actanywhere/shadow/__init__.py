"""The actor's cast shadow: pulled from the plate, read from it, or cast from the matte."""
