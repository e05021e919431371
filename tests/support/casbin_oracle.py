"""Stock Casbin as the oracle: it reads the same model and policy text from files, with its own readers."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import casbin
from casbin.util import key_match_func

from doorward.domain.access import Question

# What conditions may call and stock Casbin lacks, as plainly as Python says it.
EXTRA_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "has": lambda _: True,  # stock Casbin has read the attribute by then, and raised where it is absent
    "len": len,
    "lower": lambda text: text.lower(),
    "startswith": lambda text, prefix: text.startswith(prefix),
    "endswith": lambda text, suffix: text.endswith(suffix),
    "contains": lambda holder, item: item in holder,
    "any_in": lambda left, right: any(one in right for one in left),
    "hour": lambda now, zone: dt.datetime.fromtimestamp(now, ZoneInfo(zone)).hour,
    "weekday": lambda now, zone: dt.datetime.fromtimestamp(now, ZoneInfo(zone)).isoweekday() - 1,
}


class StockCasbin:
    """A stock Enforcer over two files in `folder`; its matching function makes `*` in `g` rows any domain."""

    def __init__(self, folder: Path, model: str, rules: str) -> None:
        model_path, rules_path = folder / "model.conf", folder / "policy.csv"
        model_path.write_bytes(model.encode())
        rules_path.write_bytes(rules.encode())
        self._enforcer = casbin.Enforcer(str(model_path), str(rules_path))
        for name, function in EXTRA_FUNCTIONS.items():
            self._enforcer.add_function(name, function)
        self._roles = (self._enforcer.model["g"] or {}).get("g")
        if self._has_domains:
            self._enforcer.add_named_domain_matching_func("g", key_match_func)
        self._tokens = [token.removeprefix("r_") for token in self._enforcer.model["r"]["r"].tokens]

    @property
    def _has_domains(self) -> bool:
        return self._roles is not None and len(self._roles.tokens) > 2

    def allows(self, question: Question, held: Iterable[str] = ()) -> bool:
        """Ask a question of the model's tokens; `r.ctx` is given as objects with attributes. Raises what it raises."""
        return bool(self._enforcer.enforce(*self._values(question, held)))

    def _values(self, question: Question, held: Iterable[str]) -> list[Any]:
        values = {"ctx": namespace(question.context(held))}
        values |= {name: getattr(question, name) for name in ("sub", "dom", "obj", "act")}
        return [values.get(token, "-") for token in self._tokens]

    def named_row(self, question: Question) -> list[str]:
        """The row that `enforce_ex` gives as its reason."""
        _, row = self._enforcer.enforce_ex(*self._values(question, ()))
        return list(row)

    def held_roles(self, name: str, domain: str) -> frozenset[str]:
        """Every role of a name in a domain, through others too."""
        inside = [domain] if self._has_domains else []
        return frozenset(self._enforcer.get_implicit_roles_for_user(name, *inside)) - {name}

    def rows(self) -> list[tuple[str, ...]]:
        """The `p` rows and then the `g` rows, as its file adapter reads them, each with its type."""
        model = self._enforcer.model
        found = [("p", *row) for row in model["p"]["p"].policy]
        return found + ([("g", *row) for row in self._roles.policy] if self._roles is not None else [])


def namespace(value: Any) -> Any:
    """JSON with its objects as Python objects, so that `r.ctx.subject.name` is an attribute."""
    if isinstance(value, Mapping):
        return SimpleNamespace(**{name: namespace(one) for name, one in value.items()})
    if isinstance(value, list):
        return [namespace(one) for one in value]
    return value
