"""The comp: the network's small picture at plate size, and the plate over it."""
