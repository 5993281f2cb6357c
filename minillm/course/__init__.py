"""Floor 10: what the course needs besides the library: its map of the guide and its figures."""
