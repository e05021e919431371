"""Feature flags: asked, guarded by, and administered."""
