"""A second Blender, which renders from a copy of the artist's file what only Blender can render."""
