"""The node's knobs, as data: ``write_node.py`` writes them into the node. Plain Python, without Nuke."""
