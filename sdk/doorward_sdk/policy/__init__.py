"""What a policy declares, as a caller gets it."""
