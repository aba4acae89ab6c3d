"""ActAnywhere in Nuke: a moving background behind the actor, as a layer of the node's own stream.

``read`` reads the node, ``draw`` has its knobs, ``show`` brings takes back, ``operators`` are the buttons: the rooms of
the Blender extension. What is decided (ranges, names, colour, what is stale) never sees Nuke. ``contract`` and
``hostkit`` are what hosts carry of ActAnywhere: the Job, the worker's launcher, the takes, the sessions. Standard
library alone, Python 3.7 (Nuke 13.2): the network runs in a process of its own.
"""
