"""ActAnywhere in Nuke: a moving background behind the actor, as a layer of the node's own stream.

Two rooms. ``desk`` decides (ranges, names, colour, what is stale) and never sees Nuke; ``host`` is the only one that
imports ``nuke``, and decides nothing. ``contract`` and ``hostkit`` are what hosts carry of ActAnywhere: the Job, the
worker's launcher, the takes, the sessions. Standard library alone, Python 3.7 (Nuke 13.2): the network runs in a
process of its own.
"""

VERSION = "0.1.0"
