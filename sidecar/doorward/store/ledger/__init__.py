"""The ledger in the database: groups of requests, one transaction each, by the drivers themselves."""
