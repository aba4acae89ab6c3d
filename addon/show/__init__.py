"""A take back in the scene: datablocks, and the places where the artist works."""
