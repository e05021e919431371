"""Rows that do not come along: why, and how they stand in the tree."""

from doorward.policy.casbin_import.findings import Weight
from doorward.policy.casbin_import.stock_rows import Quotes

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class LeftOut(Exception):  # noqa: N818 - what happened to the row
    """The row stays in the file as a comment."""

    def __init__(self, weight: Weight, code: str, what: str, do: str = "") -> None:
        super().__init__(what)
        self.weight, self.code, self.what, self.do = weight, code, what, do


DUPLICATE = "duplicate"
OPENING = "# left out ("


def commented(code: str, text: str) -> str:
    """A row as a comment; one that says nothing new is called so, that a search for the others passes it by."""
    text = text.lstrip(BYTE_ORDER_MARK)
    return f"# {code}: {text}" if code == DUPLICATE else f"{OPENING}{code}): {text}"


def refuse_quotes(value: str, quotes: Quotes) -> None:
    """A double quote that would be part of a name."""
    if '"' not in value:
        return
    if quotes is Quotes.PYCASBIN:
        what, do = "pycasbin takes it for part of the field", "; if Go or Node reads it, import with --quotes csv"
    else:
        what, do = "part of the field after CSV quoting", ""
    message = f"a double quote in {value!r}: {what}, and Doorward takes none"
    raise LeftOut(Weight.ERROR, "quotes", message, f"remove the quotes{do}")
