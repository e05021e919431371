"""What a sidecar records: tenants, users, sessions, keys."""
