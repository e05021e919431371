"""Which names in a policy's folders are no part of it."""


def is_noise(name: str) -> bool:
    """Names that editors and mounts make beside the files: hidden ones, and backups (`x~`, `#x#`)."""
    return name.startswith(".") or name.endswith("~") or (name.startswith("#") and name.endswith("#"))
