"""The scene read: plate, matte, condition, camera and frames, to a Shot."""
