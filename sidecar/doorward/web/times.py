"""Times as the wire shows them, and as it brings them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from doorward.domain.errors import BadRequest
from doorward.web.http import iso_time

_END_OF_TIMES: Final = 253_370_764_800_000_000  # 9999-01-01
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME_FIX: Final = "must be a time with its zone, like 2026-12-31T12:00:00Z (RFC 3339)"


def time_of(microseconds: int) -> str:
    """A time as the wire shows it."""
    return iso_time(microseconds / 1_000_000)


def time_or_null(microseconds: int) -> str | None:
    """A time as the wire shows it, null for never."""
    return time_of(microseconds) if microseconds else None


def read_instant(member: str, text: object) -> int:
    """A time in RFC 3339 as epoch microseconds, exactly. Raises BadRequest, also for one without a zone."""
    if not isinstance(text, str):
        raise BadRequest(f"{member}: {_TIME_FIX}")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{member}: {_TIME_FIX}") from error
    if moment.tzinfo is None:
        raise BadRequest(f"{member}: {_TIME_FIX}")
    return (moment - _EPOCH) // _MICROSECOND


def read_time(member: str, text: str) -> int:
    """A time that is kept, in RFC 3339, as epoch microseconds. Raises BadRequest, also for one without a zone."""
    microseconds = read_instant(member, text)
    if not 0 <= microseconds < _END_OF_TIMES:  # such a time could not be shown
        raise BadRequest(f"{member}: {_TIME_FIX}")
    return microseconds
