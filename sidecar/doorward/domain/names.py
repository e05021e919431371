"""Names and texts that a change of policy may write: what a row of rules and a line of YAML can hold."""

import re
from typing import Final

from doorward.domain.errors import BadRequest

NAME_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_.-]*$"
MAX_NAME: Final = 128
MAX_TEXT: Final = 500
_NAME: Final = re.compile(NAME_PATTERN.removesuffix("$") + r"\Z")


def check_name(member: str, value: str) -> None:
    """Raise BadRequest unless `value` is a name: a letter, then letters, digits, `_`, `.` or `-`; 128 at most.

    Rows have no way to quote, so whatever could end a field, a row or a pattern early is left out.
    """
    if len(value) > MAX_NAME or not _NAME.match(value):
        raise BadRequest(f"{member} must be a letter, then letters, digits, _, . or -, {MAX_NAME} characters at most")


def check_text(member: str, value: str) -> None:
    """Raise BadRequest unless `value` is one line of printable text, 500 characters at most, no blanks around it."""
    if len(value) > MAX_TEXT:
        raise BadRequest(f"{member} is longer than {MAX_TEXT} characters; shorten it")
    if not value.isprintable():
        raise BadRequest(f"{member} holds a line break or another character that is not printed; write one line")
    if value != value.strip():
        raise BadRequest(f"{member} begins or ends with a blank; remove it")
