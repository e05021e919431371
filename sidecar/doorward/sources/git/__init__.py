"""Policies in git repositories: fetched into a mirror of our own, verified, and changed by commits."""
