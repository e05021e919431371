"""Who holds which roles: by name, by pattern, for a time; and what rows of roles must be."""
