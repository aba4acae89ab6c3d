"""The actor's cast shadow: pulled from the plate, or cast from the matte."""
