"""A Casbin model file as pycasbin reads it, and its lines to be written again with a few changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from doorward.policy.casbin_import.findings import Findings, Weight

_SECTIONS: Final[Mapping[str, str]] = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
}
_NUMBERED: Final = re.compile(r"([rpgem])([2-9]|[1-9][0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class Definition:
    """One `key = value` of a model, from its first line to its last (1-based)."""

    section: str
    key: str
    value: str
    first: int
    last: int


@dataclass(slots=True)
class StockModel:
    """The definitions that stock Casbin uses, by key, and the lines of the file."""

    lines: list[str]
    definitions: dict[str, Definition] = field(default_factory=dict)
    _before: dict[int, list[str]] = field(default_factory=dict)
    _instead: dict[int, list[str]] = field(default_factory=dict)

    def names(self, key: str) -> tuple[str, ...]:
        """The tokens of an `r`, or the columns of a `p`."""
        definition = self.definitions.get(key)
        return tuple(name.strip() for name in definition.value.split(",")) if definition else ()

    def suffixes(self) -> list[str]:
        """The sets that have a matcher: "" is the main one, then "2", "3" ..."""
        return [key[1:] for key in self.definitions if key[0] == "m"]

    def value(self, key: str) -> str:
        """The text of a definition, or nothing."""
        return self.definitions[key].value if key in self.definitions else ""

    def replace(self, key: str, value: str) -> None:
        """Write another value, in one line."""
        old = self.definitions[key]
        self.definitions[key] = Definition(old.section, key, value, old.first, old.last)
        self._instead |= {number: [] for number in range(old.first, old.last + 1)}
        self._instead[old.first] = [f"{key} = {value}"]

    def comment_out(self, definition: Definition) -> None:
        """Keep a definition as a comment alone."""
        for number in range(definition.first, definition.last + 1):
            self.comment_line(number)
        if self.definitions.get(definition.key) is definition:
            del self.definitions[definition.key]

    def comment_line(self, number: int) -> None:
        """Keep a line as a comment alone."""
        self._instead[number] = [f"# {self.lines[number - 1].rstrip().removesuffix(chr(92)).rstrip()}"]

    def insert(self, number: int, text: str) -> None:
        """Write a line before line `number`."""
        self._before.setdefault(number, []).append(text)

    def written(self) -> tuple[str, list[int]]:
        """The text to write, and for each of its lines the line of the old file that it comes from."""
        out: list[str] = []
        origins: list[int] = []
        for number, line in enumerate(self.lines, start=1):
            new = [*self._before.get(number, ()), *self._instead.get(number, [line.rstrip()])]
            out += new
            origins += [number] * len(new)
        return "".join(f"{line}\n" for line in out), origins


def read_stock_model(text: str, findings: Findings) -> StockModel:
    """Read a model; what stock Casbin never looks at becomes a comment and a finding."""
    model = StockModel(text.removesuffix("\n").split("\n") if text else [])
    found = _all_definitions(model, findings)
    for definition in found:
        earlier = model.definitions.get(definition.key)
        if definition.section not in _SECTIONS:
            model.comment_out(definition)
            continue
        if _SECTIONS[definition.section] != definition.key[:1] or not _NUMBERED.match(definition.key):
            _ignored(model, definition, findings)
            continue
        if earlier is not None:
            what = f"`{definition.key}` is defined again in line {definition.first}; stock Casbin uses the last one"
            findings.add(Weight.LEFT_OUT, "defined-twice", earlier.first, what)
            model.comment_out(earlier)
        model.definitions[definition.key] = definition
    unreached = [one for one in model.definitions.values() if not _is_reached(model, one)]
    for definition in unreached:
        _ignored(model, definition, findings)
    for definition in list(model.definitions.values()):
        if model.lines[definition.last - 1].rstrip().endswith("\\"):
            model.replace(definition.key, definition.value)
    return model


def _is_reached(model: StockModel, definition: Definition) -> bool:
    """Stock Casbin reads r, r2, r3 ... up to the first that is not there or empty."""
    kind, last = definition.key[0], int(definition.key[1:] or 1)
    return all(model.value(key) for key in (kind, *(f"{kind}{number}" for number in range(2, last + 1))))


def _ignored(model: StockModel, definition: Definition, findings: Findings) -> None:
    what = f"stock Casbin never looks at `{definition.key}` in [{definition.section}]"
    findings.add(Weight.LEFT_OUT, "unread-definition", definition.first, what)
    model.comment_out(definition)


def _all_definitions(model: StockModel, findings: Findings) -> list[Definition]:
    """Every definition in order; a comment, a blank line and a section end one that goes on with a backslash."""
    found: list[Definition] = []
    held: list[str] = []
    section, started = "", 0

    def end(last: int) -> None:
        text = "".join(held)
        held.clear()
        key, equals, value = text.partition("=")
        if equals:
            found.append(Definition(section, key.strip(), value.strip(), started, last))
        elif text:
            findings.add(Weight.ERROR, "no-definition", started, f"{text!r} is no definition; write `key = value`")

    for number, raw in enumerate(model.lines, start=1):
        line = raw.strip()
        if not line or line[0] in "#;":
            end(number - 1)
        elif line[0] == "[" and line[-1] == "]":
            end(number - 1)
            section = line[1:-1]
            if section not in _SECTIONS:
                what = f"stock Casbin never looks at the section [{section}]"
                findings.add(Weight.LEFT_OUT, "unread-section", number, what)
                model.comment_line(number)
        else:
            started = started if held else number
            goes_on = line.endswith("\\")
            held.append(line[:-1].strip() + " " if goes_on else line)
            if not goes_on:
                end(number)
    end(len(model.lines))
    return found
