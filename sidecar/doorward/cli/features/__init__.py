"""`doorward features`."""
