"""Usage: recorded, and read."""
