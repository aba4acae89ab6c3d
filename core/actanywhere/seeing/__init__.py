"""Vision: who and what is in a picture, and how far away, by networks where they are installed."""
