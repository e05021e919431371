"""Commands that read, check, ask and change policy."""
