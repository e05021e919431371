"""Commands for what is recorded: tenants, users, sessions, keys."""
