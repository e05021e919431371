"""What becomes of each line of a policy CSV: kept, changed so that it means the same, or left out and told."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from doorward.policy.casbin_import.findings import Findings, Weight
from doorward.policy.casbin_import.left_out import BYTE_ORDER_MARK, DUPLICATE, LeftOut, commented
from doorward.policy.casbin_import.matchers import Matcher
from doorward.policy.casbin_import.role_import import RoleImport
from doorward.policy.casbin_import.rule_import import RuleImport
from doorward.policy.casbin_import.stock_model import StockModel
from doorward.policy.casbin_import.stock_rows import Quotes, Unreadable, split_row
from doorward.policy.casbin_import.typed_names import TypedNames, has_type

LINES_A_STEP: Final = 2_000


class RowImport:
    """Reads the lines of one policy file, and counts what it keeps."""

    def __init__(
        self, model: StockModel, matchers: Mapping[str, Matcher], quotes: Quotes, findings: Findings, typed: TypedNames
    ) -> None:
        self._rules = RuleImport(model, matchers, quotes, findings)
        self._roles = RoleImport(model, typed.matched, quotes, findings)
        self._quotes = quotes
        self._findings = findings
        self._typed = typed
        self._seen: dict[tuple[str, ...], int] = {}
        self.rules = self.roles = self.bare_names = 0

    def learn_roles(self, lines: Sequence[str], pace: Callable[[], None]) -> None:
        """Note which names are roles, before names are given types."""
        for number, raw in enumerate(lines):
            if not number % LINES_A_STEP:
                pace()
            text = raw.strip()
            if text[:1] != "g":
                continue
            try:
                kind, *fields = split_row(text, self._quotes).fields
            except Unreadable:
                continue
            if kind in self._roles.sizes and len(fields) > 1:
                self._typed.note_role(kind, fields[0], fields[1])

    def line(self, number: int, raw: str) -> str:
        """The line to write for a line of the old file."""
        text = raw.strip()
        if not text or text[0] == "#":
            return raw.rstrip()
        told = len(self._findings.found)
        try:
            return self._row(number, text)
        except LeftOut as why:
            del self._findings.found[told:]  # what was to be said about a row that does not come along
            self._findings.add(why.weight, why.code, number, why.what, why.do)
            return commented(why.code, text)

    def _row(self, number: int, text: str) -> str:
        if text[0] == BYTE_ORDER_MARK:
            what = "the byte order mark makes this row one of an unknown type, which pycasbin ignores"
            raise LeftOut(Weight.DIFFERS, "byte-order-mark", what, "if the row is meant, write it without the mark")
        try:
            row = split_row(text, self._quotes)
        except Unreadable as why:
            raise LeftOut(Weight.ERROR, "unreadable", str(why), "pair brackets and quotes") from None
        kind, fields = row.fields[0], row.fields[1:]
        written = row.with_fields((kind, *self._fields(number, kind, fields)))
        if self._quotes is Quotes.CSV and _number_of_fields(written) != len(fields) + 1:
            what = "a comma inside a field must stand inside brackets, and every bracket must be paired"
            raise LeftOut(Weight.ERROR, "comma", what, "write the field without commas and brackets, or pair them")
        return written

    def _fields(self, number: int, kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        if kind in self._rules.shapes:
            new = self._rules.fields(number, kind, fields)
            self._refuse_again(number, (kind, *new))
            self.rules += 1
            return self._with_types(kind, new)
        if kind in self._roles.sizes:
            new = self._roles.fields(number, kind, fields)
            self._refuse_again(number, (kind, *new))
            self.roles += 1
            return self._typed.role_row(kind, new)
        if not kind:
            raise LeftOut(Weight.ERROR, "no-type", "the row has no type; pycasbin raises here", "begin it with p or g")
        meant = ", so this `deny` never denied anything" if "deny" in fields else ""
        known = ", ".join([*self._rules.shapes, *self._roles.sizes])
        what = f"stock Casbin ignores rows of the type `{kind}`{meant}"
        raise LeftOut(Weight.LEFT_OUT, "unknown-type", what, f"if it is meant, correct its type (one of {known})")

    def _with_types(self, kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        names = self._typed.names.get(kind[1:])
        if names is None:
            return fields
        columns = self._rules.shapes[kind].columns
        typed = self._typed.rule(kind[1:], columns, fields)
        if any(
            column in names.columns and value != "*" and not has_type(value)
            for column, value in zip(columns, typed, strict=True)
        ):
            self.bare_names += 1
        return typed

    def _refuse_again(self, number: int, row: tuple[str, ...]) -> None:
        first = self._seen.setdefault(row, number)
        if first != number:
            raise LeftOut(Weight.TIDIED, DUPLICATE, f"left out: says the same as line {first}")


def _number_of_fields(written: str) -> int:
    """How many fields Doorward reads in a row, or none."""
    try:
        return len(split_row(written, Quotes.PYCASBIN).fields)
    except Unreadable:
        return 0
