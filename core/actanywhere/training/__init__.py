"""Training: the corpus, the examples made of it, the loss, and runs that can be stopped and resumed."""
