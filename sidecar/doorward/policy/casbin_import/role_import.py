"""What becomes of the role rows (`g`, `g2` ...) of a policy CSV."""

import re
from collections.abc import Mapping
from typing import Final

from doorward.policy.casbin_import.findings import Findings, Weight
from doorward.policy.casbin_import.left_out import LeftOut, refuse_quotes
from doorward.policy.casbin_import.rule_import import PATH_FUNCTIONS, PATH_SIGNS
from doorward.policy.casbin_import.stock_model import StockModel
from doorward.policy.casbin_import.stock_rows import Quotes

_PATTERN_SIGNS: Final = re.compile(r"[*{}]|/:")


class RoleImport:
    """Checks role rows; some things are told at the first row of a kind alone."""

    def __init__(self, model: StockModel, matched: Mapping[str, str], quotes: Quotes, findings: Findings) -> None:
        definitions = {key: one.value for key, one in model.definitions.items() if key[0] == "g"}
        self.sizes = {key: max(value.count("_"), 2) for key, value in definitions.items()}
        self._has_tenants = {key: value.split("(")[0].count("_") > 2 for key, value in definitions.items()}  # noqa: PLR2004
        self._matched = matched
        self._quotes = quotes
        self._findings = findings
        self._told: set[tuple[str, str]] = set()

    def fields(self, number: int, kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The fields to write. Raises LeftOut."""
        size = self.sizes[kind]
        if len(fields) < size:
            what = f"{len(fields)} fields where `{kind}` has {size}; pycasbin does not load such a file"
            raise LeftOut(Weight.ERROR, "number-of-fields", what, "write who holds which role, and the tenant if any")
        for value in fields[:size]:
            refuse_quotes(value, self._quotes)
        if len(fields) > size:
            what = f"stock Casbin cuts what follows field {size} of a `{kind}` row: {', '.join(fields[size:])}"
            self._findings.add(Weight.NOTE, "role-row-cut", number, what)
        if fields[0] == fields[1] and kind not in self._matched:
            raise LeftOut(Weight.LEFT_OUT, "own-role", f"{fields[0]!r} is given to itself, which says nothing")
        self._note_patterns(number, kind, fields)
        if self._has_tenants[kind] and fields[2] == "*":
            what = "`*` is every tenant here; in stock Casbin a tenant named `*`, until a matching function is added"
            do = f"without add_named_domain_matching_func('{kind}', ...) in the program, write the tenants instead"
            self._tell_once(kind, number, "any-tenant", what, do)
        return fields[:size]

    def _note_patterns(self, number: int, kind: str, fields: tuple[str, ...]) -> None:
        if kind in self._matched:
            if self._matched[kind] in PATH_FUNCTIONS and (sign := PATH_SIGNS.search(fields[0])):
                what = f"{sign[0]!r} in {fields[0]!r} stands for itself; in pycasbin for a regular expression"
                self._findings.add(Weight.DIFFERS, "path-signs", number, what)
            if _PATTERN_SIGNS.search(fields[1]):
                what = (
                    f"with a matching function stock Casbin takes the role {fields[1]!r} for a pattern; here it is none"
                )
                self._tell_once(kind, number, "role-pattern", what, "write one row a role")
        elif _PATTERN_SIGNS.search(fields[0]):
            what = (
                f"{fields[0]!r} looks like a pattern, and files do not say whether the program matches `{kind}` by one"
            )
            do = f"if it calls add_named_matching_func('{kind}', ...), import with --match {kind}=keyMatch2 or the like"
            self._tell_once(kind, number, "pattern-roles", what, do)

    def _tell_once(self, kind: str, number: int, code: str, what: str, do: str) -> None:
        if (code, kind) not in self._told:
            self._told.add((code, kind))
            weight = Weight.BY_HAND if code == "pattern-roles" else Weight.DIFFERS
            self._findings.add(weight, code, number, what, do)
