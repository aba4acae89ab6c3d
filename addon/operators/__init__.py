"""The operators: modal in a window, blocking in a script."""
