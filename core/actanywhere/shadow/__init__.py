"""The actor's cast shadow: how it falls, laid from their matte, and read from the plate."""
