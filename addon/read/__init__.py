"""Reads the scene into a Shot: plate, matte, condition, camera and frame range."""
