"""The room that imports ``nuke``: reads nodes, renders the inputs, shows what comes back. Decisions are ``desk``'s."""
