"""Takes: switch to one, compare two, remove one; and the layer into another place."""

CLASSES = ()
