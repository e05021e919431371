"""The ledger: what tenants use, what they may have of it, and what each request makes of that.

Nothing here reads or writes: a group of requests is answered from books that were read before, and leaves in them
what has to be written after.
"""
