"""Reviews of finished takes: contact sheets, movies, takes side by side, a page for a sequence."""
