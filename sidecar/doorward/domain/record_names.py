"""Ids and names of recorded things: what may be one, and which spellings are the same."""

import re
import unicodedata
from typing import Final

from doorward.domain.errors import BadRequest

ID_PATTERN: Final = r"^[A-Za-z0-9._@|-]{1,128}$"
MAX_RECORD_NAME: Final = 200
MAX_EMAIL: Final = 254
LONGEST_WRITTEN: Final = 1_024
"""Characters of a name, address or domain as somebody may write it.

Normal forms of longer texts are never made: that takes time by the square of their length (half a minute for 100,000
combining marks), and nothing else runs meanwhile.
"""
# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt) beside the category Cf, and the blank of Braille.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_ID: Final = re.compile(ID_PATTERN.removesuffix("$") + r"\Z")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def check_record_id(member: str, value: str) -> None:
    """Raise BadRequest unless `value` may be the id of a tenant or user: 1 to 128 of A-Z a-z 0-9 . _ @ | -."""
    if not is_record_id(value):
        raise BadRequest(f"{member} must be 1 to 128 of A-Z, a-z, 0-9, '.', '_', '@', '|' and '-'")
    if value == "-":
        raise BadRequest(f"{member} '-' means no tenant in access questions; choose another id")
    if value in {".", ".."}:
        raise BadRequest(f"{member} {value!r} is left out of paths by clients and proxies; choose another id")


def is_record_id(value: str) -> bool:
    """Whether a tenant or user may have this id, as far as its characters go."""
    return _ID.match(value) is not None


def check_record_name(member: str, value: str) -> str:
    """A name for people, without blanks around it. Raises BadRequest where it is empty, long or not printable."""
    name = value.strip()
    if not name:
        raise BadRequest(f"{member} is blank; give a name")
    if len(name) > MAX_RECORD_NAME:
        raise BadRequest(f"{member} is longer than {MAX_RECORD_NAME} characters; shorten it")
    if not name.isprintable() or _hides_something(name):
        raise BadRequest(f"{member} holds a control or invisible character; remove it")
    return name


def _hides_something(text: str) -> bool:
    """Whether a text holds a mark that nobody sees, so that two which look alike would be two."""
    return any(unicodedata.category(mark) in {"Cf", "Co", "Cn"} or _INVISIBLE.match(mark) for mark in text)


def canonical(text: str) -> str:
    """The spelling by which names are compared: NFKC, casefolded, blanks around it taken away.

    Width, case and compatibility forms do not tell two names apart (Unicode Standard Annex 15, UTS 46). Who writes a
    name in more than LONGEST_WRITTEN characters means nobody: it stays as it is.
    """
    if len(text) > LONGEST_WRITTEN:
        return text
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def canonical_email(text: str) -> str:
    """The spelling by which addresses are compared: a domain is the same in Unicode and ASCII, with a dot behind it."""
    address = canonical(text)
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{check_domain('the domain', domain)}" if at else address
    except BadRequest:  # nobody has such an address
        return address


def check_domain(member: str, value: str) -> str:
    """The canonical spelling of a domain name, in ASCII (IDNA). Raises BadRequest where it is none."""
    if len(value) > LONGEST_WRITTEN:
        raise BadRequest(f"{member} is longer than any domain name, like acme.com")
    name = canonical(value).rstrip(".")
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadRequest(f"{member} {value[:100]!r} is no domain name, like acme.com") from error
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.match(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        raise BadRequest(f"{member} {value[:100]!r} is no domain name, like acme.com")
    return ascii_name


def check_email(member: str, value: str) -> str:
    """An e-mail address as it is kept, blanks around it taken away. Raises BadRequest where it is none.

    Only what every address has is asked: one part before the last `@`, a domain behind it, nothing invisible.
    """
    written = value.strip()
    if len(written) > LONGEST_WRITTEN:
        raise BadRequest(f"{member} is longer than any e-mail address, like ann@acme.com")
    address = unicodedata.normalize("NFC", written)
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address.encode()) > MAX_EMAIL or not address.isprintable() or " " in address:
        raise BadRequest(f"{member} is no e-mail address, like ann@acme.com")
    if _hides_something(address) or any(unicodedata.category(mark) == "Zs" for mark in address):
        raise BadRequest(f"{member} holds an invisible character; remove it")
    check_domain(f"the domain of {member}", domain)
    return address
