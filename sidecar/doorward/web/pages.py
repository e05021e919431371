"""What stands behind the question mark of a path: pages of lists, and reasons."""

import base64
from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from doorward.domain.errors import BadRequest
from doorward.web.http import Request

MOST: Final = 1_000
PAGE: Final = 100
_LONGEST_CURSOR: Final = 9
_LONGEST_TEXT_CURSOR: Final = 4_096
_CURSOR_FAULT: Final = "cursor must be `next` of the page before"
_Item = TypeVar("_Item")


def read_query(request: Request, known: Sequence[str]) -> dict[str, str]:
    """The parameters of a request, each given once. Raises BadRequest naming one that is not known, or twice there."""
    try:
        pairs = parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query), errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest("the query cannot be read; write NAME=VALUE, joined by &") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            fix = f"there are {', '.join(known)}" if known else "nothing may stand behind the question mark here"
            raise BadRequest(f"the parameter {name[:100]!r} is not known; {fix}")
        if name in found:
            raise BadRequest(f"the parameter {name} stands twice; keep one")
        if "\x00" in value:  # no database keeps it as text
            raise BadRequest(f"{name} must be a text without the NUL character (%00)")
        found[name] = value
    return found


def read_page(request: Request) -> tuple[int, int]:
    """Where a page begins and how many items it has: `cursor`, as `next` of the page before said, and `limit`."""
    given = read_query(request, ("cursor", "limit"))
    cursor, limit = given.get("cursor", "0"), given.get("limit", str(PAGE))
    if not is_number(cursor):
        raise BadRequest(_CURSOR_FAULT)
    if not is_number(limit) or not 1 <= int(limit) <= MOST:
        raise BadRequest(f"limit must be a number from 1 to {MOST}")
    return int(cursor), int(limit)


def page_of(items: Sequence[_Item], start: int, count: int) -> tuple[Sequence[_Item], str | None]:
    """A page and the cursor of the next one, of `count` items and one more where there is one."""
    return items[:count], str(start + count) if len(items) > count else None


def is_number(text: str) -> bool:
    """Whether a text is a number that a cursor or a count may be."""
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_CURSOR


def text_cursor(after: str | None) -> str | None:
    """The cursor of a page after a text, which it does not show: names in a policy may be anything."""
    return None if after is None else base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def read_text_cursor(cursor: str) -> str:
    """The text of a cursor. Raises BadRequest for what is none."""
    padded = cursor[:_LONGEST_TEXT_CURSOR] + "=" * (-len(cursor) % 4)
    try:
        after = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise BadRequest(_CURSOR_FAULT) from error
    if not after.replace("\n", "").isprintable():
        raise BadRequest(_CURSOR_FAULT)
    return after
