"""Importing many tenants or users: a file read line by line, sent in batches, resumed where it was left."""
