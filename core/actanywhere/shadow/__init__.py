"""The actor's cast shadow: how it falls, laid from his matte, and read from the plate."""
