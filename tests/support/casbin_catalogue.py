"""The catalogue: a folder a model in tests/cases/casbin, and the questions that its own names make.

questions.json may say, for each section set ("" is the main one), what stands for a token, besides "now" (UTC),
"address", "attributes" (AuthZEN's, by section of r.ctx) and "ways" ("enforce", "authzen"). What it leaves out is
read off the rows: the names in the column of the token's name, and in role rows.
"""

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from doorward.domain.access import AccessRequest, Decision, Question
from doorward.policy import Snapshot
from support.casbin_oracle import StockCasbin
from support.casbin_reference import seeded
from support.trees import ROOT

CASES = ROOT / "tests/cases/casbin"
CTX = "ctx"
ENUMERATED, RANDOM = 400, 100
NOON = "2026-07-06 12:00:00"
_DEFINITION = re.compile(r"^([rpg][0-9]*)\s*=\s*(.*)$", re.MULTILINE)
_COMMA = re.compile(r",(?![^(\[]*[)\]])")  # outside brackets, which are not nested here
_WILD = re.compile(r"[*:{^(]")


@dataclass(frozen=True)
class Asked:
    """One question: a section set, a value for each of its tokens, when, from where, and AuthZEN's attributes."""

    section: str
    values: tuple[Any, ...]
    now: float
    address: str
    attributes: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Case:
    """A model of the catalogue with its rows."""

    name: str
    model: str
    rules: str
    told: Mapping[str, Any]

    @cached_property
    def definitions(self) -> Mapping[str, list[str]]:
        """Tokens, columns and role definitions by key: r, p, g, r2 and so on."""
        return {key: [name.strip() for name in value.split(",")] for key, value in _DEFINITION.findall(self.model)}

    @property
    def ways(self) -> Sequence[str]:
        """How it may be asked."""
        return tuple(self.told.get("ways", ("enforce", "authzen")))

    def rows(self) -> list[list[str]]:
        """The fields of each row, its type first."""
        return [[field.strip() for field in _COMMA.split(line)] for line in self.rules.splitlines()]

    def without_row(self, at: int) -> str:
        """The rows but one."""
        return "".join(line for position, line in enumerate(self.rules.splitlines(keepends=True)) if position != at)

    def questions(self) -> Iterator[Asked]:
        """What is asked: the product of all values, or as many of it as is bearable, and random ones."""
        random = seeded(sum(self.name.encode()))
        times = [_epoch(text) for text in self.told.get("now", [NOON])]
        addresses = self.told.get("address", ["10.0.0.1"])
        attributes = self.told.get("attributes", [{}])
        for key in self.definitions:
            if not key.startswith("r"):
                continue
            choices = [self._values(key[1:], token) for token in self.definitions[key]]
            every = list(itertools.product(itertools.product(*choices), times, addresses, attributes))
            for values, now, address, given in every if len(every) <= ENUMERATED else random.sample(every, ENUMERATED):
                yield Asked(key[1:], values, now, address, given)
            for _ in range(RANDOM):
                values = tuple(_varied(random, random.choice(choice)) for choice in choices)
                yield Asked(key[1:], values, random.choice(times), random.choice(addresses), random.choice(attributes))

    def _values(self, suffix: str, token: str) -> list[Any]:
        told = self.told.get(suffix, {}).get(token)
        found = list(told) if told is not None else self._names(suffix, token)
        if all(isinstance(one, str) for one in found) and "::1" not in found:
            found.append({"dom": "nowhere"}.get(token, "nobody"))
        return found

    def _names(self, suffix: str, token: str) -> list[str]:
        columns = self.definitions[f"p{suffix}"]
        rows = self.rows()
        found: list[str] = []
        if token in columns:
            found += [row[columns.index(token) + 1] for row in rows if row[0] == f"p{suffix}"]
        positions = {"sub": ("g", (1, 2)), "user": ("g", (1, 2)), "obj": ("g2", (1, 2)), "dom": ("g", (3,))}
        if token in positions:
            kind, places = positions[token]
            found += [row[place] for row in rows if row[0] == kind for place in places if place < len(row)]
        return [name for name in dict.fromkeys(found) if not _WILD.search(name)]


def cases() -> list[Case]:
    """Every model of the catalogue, by name."""
    return [_read(folder) for folder in sorted(CASES.iterdir())]


def _read(folder: Path) -> Case:
    told = folder / "questions.json"
    return Case(
        folder.name,
        (folder / "model.conf").read_text(),
        (folder / "policy.csv").read_text(),
        json.loads(told.read_text()) if told.exists() else {},
    )


def _epoch(text: str) -> float:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC).timestamp()


def _varied(random: Random, value: Any) -> Any:
    """Nearly the same name, now and then; one that a rule does not mean."""
    if not isinstance(value, str) or random.random() < 0.6 or re.match(r"[0-9a-f.:]+\Z", value):
        return value
    return random.choice([value[:-1] or "x", f"{value}x", value.upper(), f"x{value}", f"{value}/1"])


def by_position(case: Case, asked: Asked) -> list[Any]:
    """The values for stock Casbin, with all that stands for `ctx`."""
    named = dict(zip(case.definitions[f"r{asked.section}"], asked.values, strict=True))
    if CTX in named:
        named[CTX] = context_of(named, asked.now, asked.address)
    return list(named.values())


def context_of(named: Mapping[str, Any], now: float, address: str) -> dict[str, Any]:
    """What a question by position says below `r.ctx`; the caller's own `ctx` is its section `context`."""
    return {
        "subject": _entity(named.get("sub")),
        "resource": _entity(named.get("obj")),
        "action": {"name": named.get("act")},
        "tenant": {"id": named.get("dom")},
        "env": {"time": now, "address": address},
        "context": named[CTX] if isinstance(named[CTX], Mapping) else {},
    }


def _entity(name: Any) -> dict[str, Any]:
    if not isinstance(name, str):
        return dict(name or {})
    kind, colon, rest = name.partition(":")
    return {"type": kind, "id": rest} if colon else {"id": name}


def question(case: Case, asked: Asked) -> Question | None:
    """The same as AuthZEN asks it; None where a token is no name that it could fill."""
    named = dict(zip(case.definitions[f"r{asked.section}"], asked.values, strict=True))
    if asked.section or not all(isinstance(value, str) for token, value in named.items() if token != CTX):
        return None
    sub, act, obj = named.get("sub", "nobody"), named.get("act", "do"), named.get("obj", "thing")
    context = named["ctx"] if isinstance(named.get("ctx"), Mapping) else {}
    given = asked.attributes
    request = AccessRequest(
        "user", sub.rpartition(":")[2] or "x", act, "doc", obj.rpartition(":")[2] or "x",
        given.get("subject", {}), given.get("action", {}), given.get("resource", {}), given.get("context", context),
    )  # fmt: skip
    return Question(sub, named.get("dom", "-"), obj, act, request, now=asked.now, address=asked.address)


def ask_doorward(snapshot: Snapshot, asked: Asked) -> Decision:
    """The engine's answer to a question by position: the one place where these tests call it so."""
    return snapshot.enforce(asked.values, asked.section, asked.now, asked.address)


def ask_stock(stock: StockCasbin, case: Case, asked: Asked) -> bool | None:
    """Stock Casbin's answer to a question by position; None where it raises."""
    try:
        return stock.enforce(by_position(case, asked), asked.section, asked.now)
    except Exception:  # noqa: BLE001 - it raises anything
        return None
