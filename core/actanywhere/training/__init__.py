"""Training: data sets, examples, the loss, and runs that can be stopped and resumed."""
