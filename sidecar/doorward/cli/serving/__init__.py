"""Commands that run the sidecar, and look after its machine."""
