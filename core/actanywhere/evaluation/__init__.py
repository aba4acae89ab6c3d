"""What the results are worth, in figures that anyone can reproduce, and in one sheet."""
