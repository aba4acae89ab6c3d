"""What only Blender can draw, drawn by a second Blender from a copy of the artist's file."""
