"""What becomes of the rules (`p`, `p2` ...) of a policy CSV."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.policy.casbin_import.findings import Findings, Weight
from doorward.policy.casbin_import.left_out import LeftOut, refuse_quotes
from doorward.policy.casbin_import.matchers import Matcher, single_quoted, strings_that_stock_rewrites, with_room
from doorward.policy.casbin_import.model_import import ALLOW_ONLY
from doorward.policy.casbin_import.stock_model import StockModel
from doorward.policy.casbin_import.stock_rows import Quotes

_EFFECTS: Final = frozenset({"allow", "deny"})
_ALONE: Final = frozenset({"dom", "act"})
PATH_FUNCTIONS: Final = frozenset({"keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5"})
PATH_SIGNS: Final = re.compile(r"[.+?^$()|\[\]\\]")

_DENY_MORE: Final = "check that it still denies all it is meant to; write further rows where it does not"


@dataclass(frozen=True, slots=True)
class RuleShape:
    """What a set says of its rules: columns, and what the matcher does with them."""

    columns: tuple[str, ...]
    effect: int | None
    conditions: frozenset[int]
    cut: frozenset[int]  # columns in which stock Casbin ignores what follows a `*`
    paths: frozenset[int]  # patterns of keyMatch2 to keyMatch5


class RuleImport:
    """Checks rules, and writes those that Doorward spells otherwise so that they mean the same."""

    def __init__(self, model: StockModel, matchers: Mapping[str, Matcher], quotes: Quotes, findings: Findings) -> None:
        kinds = [key for key in model.definitions if key[0] == "p"]
        self.shapes = {key: _shape(model.names(key), matchers.get(key[1:])) for key in kinds}
        self._reads_denials = model.value("e") != ALLOW_ONLY
        self._quotes = quotes
        self._findings = findings

    def fields(self, number: int, kind: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The fields to write. Raises LeftOut."""
        shape = self.shapes[kind]
        if len(fields) != len(shape.columns):
            what = f"{len(fields)} fields where `{kind}` has {len(shape.columns)}; pycasbin raises when it gets here"
            raise LeftOut(Weight.ERROR, "number-of-fields", what, f"write `{', '.join((kind, *shape.columns))}`")
        if shape.effect is not None:
            self._check_effect(fields[shape.effect])
        if "#" in fields[-1] and len(fields) - 1 not in shape.conditions:
            what = f"{fields[-1]!r}: what stands behind a row is part of its last field, in stock Casbin too"
            self._findings.add(Weight.NOTE, "comment-in-field", number, what, "move the comment to a line of its own")
        denies = shape.effect is not None and fields[shape.effect] == "deny"
        return tuple(self._value(number, kind, place, value, denies=denies) for place, value in enumerate(fields))

    def _check_effect(self, effect: str) -> None:
        if effect not in _EFFECTS:
            what = f"the effect is {effect!r}, so stock Casbin takes the row for nothing"
            meant = "deny" if effect[:1] in {"d", "D"} else "allow"
            do = f"if `{meant}` was meant, write the row anew; then it changes what the policy says"
            raise LeftOut(Weight.LEFT_OUT, "misspelt-effect", what, do)
        if effect == "deny" and not self._reads_denials:
            what = "stock Casbin never looks at deny rows under this effect"
            do = f"to make it deny, write `e = {ALLOW_ONLY} && !some(where (p.eft == deny))` and the row anew"
            raise LeftOut(Weight.LEFT_OUT, "deny-unread", what, do)

    def _value(self, number: int, kind: str, place: int, value: str, *, denies: bool) -> str:
        shape = self.shapes[kind]
        if place in shape.conditions:
            return self._condition(number, value)
        refuse_quotes(value, self._quotes)
        if place in shape.cut and "*" in value[:-1]:
            return self._cut(number, shape.columns[place], value)
        if place in shape.paths and (sign := PATH_SIGNS.search(value)):
            what = f"{sign[0]!r} in {value!r} stands for itself; pycasbin takes it for a sign of regular expressions"
            if denies:
                what += ", so this deny row may deny less than it did"
            weight, do = (Weight.DANGER, _DENY_MORE) if denies else (Weight.DIFFERS, "")
            self._findings.add(weight, "path-signs", number, what, do)
        return value

    def _condition(self, number: int, value: str) -> str:
        rewritten = strings_that_stock_rewrites(value)
        if rewritten:
            what = f"pycasbin rewrites operators and names inside of {rewritten[0]}; here a string is data"
            self._findings.add(Weight.DIFFERS, "string-literal", number, what, "check that the text is what you mean")
        spaced = with_room(value)
        if spaced != value:
            self._findings.add(Weight.TIDIED, "spelling", number, f"written as {spaced!r}; pycasbin fails on {value!r}")
            value = spaced
        written = single_quoted(value) if '"' in value else value
        if written is None:
            refuse_quotes(value, self._quotes)
        return written or value

    def _cut(self, number: int, column: str, value: str) -> str:
        short = value[: value.index("*") + 1]
        what = f"{column} {value!r}: keyMatch ignores what follows a `*`; written as {short!r}, which matches the same"
        self._findings.add(Weight.DANGER, "cut-pattern", number, what, "write one row a name if less was meant")
        return short


def _shape(columns: tuple[str, ...], matcher: Matcher | None) -> RuleShape:
    effect = columns.index("eft") if "eft" in columns else None
    if matcher is None:
        return RuleShape(columns, effect, frozenset(), frozenset(), frozenset())
    functions = [matcher.patterns.get(column, set()) for column in columns]
    others = matcher.plain | matcher.conditions | _ALONE
    return RuleShape(
        columns=columns,
        effect=effect,
        conditions=frozenset(place for place, column in enumerate(columns) if column in matcher.conditions),
        cut=frozenset(
            place for place, column in enumerate(columns) if functions[place] == {"keyMatch"} and column not in others
        ),
        paths=frozenset(place for place, found in enumerate(functions) if found & PATH_FUNCTIONS),
    )
