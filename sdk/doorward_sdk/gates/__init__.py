"""Functions behind a gate, whatever the gate asks."""
