"""The panel."""

CLASSES = ()
