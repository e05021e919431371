"""`doorward usage`."""
