"""ActAnywhere: a new, moving world behind the actor, as a layer in the comp."""

__version__ = "0.1.0"
