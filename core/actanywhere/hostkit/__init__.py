"""What every host does, on the contract alone: widgets, the engine, sessions, takes, words. Carried into the hosts."""
