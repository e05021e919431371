"""`doorward billing`."""
