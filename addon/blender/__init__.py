"""The host's room: Blender's data to an Order, and takes back into Blender's data."""
