"""Limits over HTTP: checked, counted, overridden; and guard, which asks access and flags first."""
