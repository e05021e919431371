"""Tenants, users, sessions and keys over HTTP."""
