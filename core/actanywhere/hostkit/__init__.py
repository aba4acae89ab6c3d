"""What every host does: widgets, engine finder, sessions, take status. On the contract alone; copied into the hosts."""
