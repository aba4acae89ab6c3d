"""From the model's small picture to a layer of plate size, and the plate laid over it."""
