"""The front door and what stands behind it: how requests arrive, and in which thread they are answered."""
