"""Training: the data sets, the examples made of them, the loss, and runs that can be stopped and resumed."""
