"""Times as the wire shows them."""

from doorward.web.http import iso_time


def time_of(microseconds: int) -> str:
    """A time as the wire shows it."""
    return iso_time(microseconds / 1_000_000)


def time_or_null(microseconds: int) -> str | None:
    """A time as the wire shows it, null for never."""
    return time_of(microseconds) if microseconds else None
