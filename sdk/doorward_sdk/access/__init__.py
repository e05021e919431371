"""Questions about access, and the decorator that asks them."""
