"""Stock Casbin as the oracle: it reads the same model and policy text from files, with its own readers."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import casbin
from casbin import util
from casbin.util import builtin_operators, key_match_func

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
# What stock Casbin has and does not register by itself.
GETTERS: Mapping[str, Callable[..., object]] = {
    "keyGet": builtin_operators.key_get,
    "keyGet2": builtin_operators.key_get2,
    "keyGet3": builtin_operators.key_get3,
}
MATCHING: Mapping[str, Callable[..., bool]] = {
    "keyMatch": util.key_match_func,
    "keyMatch2": util.key_match2_func,
    "keyMatch3": util.key_match3_func,
    "keyMatch4": util.key_match4_func,
    "keyMatch5": util.key_match5_func,
    "globMatch": util.glob_match_func,
    "regexMatch": util.regex_match_func,
}
_MATCH_COMMENT = re.compile(r"^# doorward: match (g[0-9]*) with (\w+)$", re.MULTILINE)


class StockCasbin:
    """A stock Enforcer over two files in `folder`, told what its users would tell it in code.

    That is: `*` in role rows is any domain, patterns are matched as the model's comments say, role rows
    with two times hold between them.
    """

    def __init__(self, folder: Path, model: str, rules: str, *, forgets: bool = True) -> None:
        model_path, rules_path = folder / "model.conf", folder / "policy.csv"
        model_path.write_bytes(model.encode())
        rules_path.write_bytes(rules.encode())
        self.enforcer = casbin.Enforcer(str(model_path), str(rules_path))
        for name, function in (EXTRA_FUNCTIONS | GETTERS).items():
            self.enforcer.add_function(name, function)
        definitions = self.enforcer.model["g"] or {}
        self._roles = definitions.get("g")
        for name, definition in definitions.items():
            if definition.params_tokens:
                self._add_windows(name, definition)
            elif len(definition.tokens) > 2:
                self.enforcer.add_named_domain_matching_func(name, key_match_func)
        matched = _MATCH_COMMENT.findall(model)
        for name, function in matched:
            self.enforcer.add_named_matching_func(name, MATCHING[function])
        self._forgets = forgets and bool(matched)
        self._tokens = {
            name.removeprefix("r"): [token.removeprefix(f"{name}_") for token in definition.tokens]
            for name, definition in self.enforcer.model["r"].items()
        }

    def _add_windows(self, name: str, definition: Any) -> None:
        for row in definition.policy:
            if len(definition.tokens) > 2:
                self.enforcer.add_named_domain_link_condition_func(name, *row[:3], util.time_match_func)
            else:
                self.enforcer.add_named_link_condition_func(name, *row[:2], util.time_match_func)

    @property
    def _has_domains(self) -> bool:
        return self._roles is not None and len(self._roles.tokens) > 2

    def _forget(self) -> None:
        """Beside patterns, stock Casbin takes every name that it was ever asked about for one more pattern."""
        if self._forgets:
            self.enforcer.build_role_links()

    def enforce(self, values: Sequence[Any], section: str = "", now: float = 0.0) -> bool:
        """Ask by position, mappings as objects with attributes. Raises what it raises."""
        self._forget()
        given = [namespace(value) for value in values]
        if section:
            given.insert(0, self.enforcer.new_enforce_context(section))
        with stopped_clock(now):
            return bool(self.enforcer.enforce(*given))

    def allows(self, question: Question, held: Iterable[str] = ()) -> bool:
        """Ask a question of the model's tokens; `r.ctx` is given as objects with attributes. Raises what it raises."""
        self._forget()
        with stopped_clock(question.now):
            return bool(self.enforcer.enforce(*self._values(question, held)))

    def _values(self, question: Question, held: Iterable[str]) -> list[Any]:
        values = {"ctx": namespace(question.context(held))}
        values |= {name: getattr(question, name) for name in ("sub", "dom", "obj", "act")}
        return [values.get(token, "-") for token in self._tokens[""]]

    def named_row(self, question: Question) -> list[str]:
        """The row that `enforce_ex` gives as its reason."""
        _, row = self.enforcer.enforce_ex(*self._values(question, ()))
        return list(row)

    def held_roles(self, name: str, domain: str) -> frozenset[str]:
        """Every role of a name in a domain, through others too."""
        inside = [domain] if self._has_domains else []
        return frozenset(self.enforcer.get_implicit_roles_for_user(name, *inside)) - {name}

    def rows(self) -> list[tuple[str, ...]]:
        """The `p` rows and then the `g` rows, as its file adapter reads them, each with its type."""
        model = self.enforcer.model
        found = [("p", *row) for row in model["p"]["p"].policy]
        return found + ([("g", *row) for row in self._roles.policy] if self._roles is not None else [])


@contextmanager
def stopped_clock(now: float) -> Iterator[None]:
    """Stock Casbin's timeMatch reads this time, in UTC, and no other."""

    class Stopped(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Stopped":
            return cls.fromtimestamp(now, dt.UTC).replace(tzinfo=tz)

    module: Any = builtin_operators
    before, module.datetime = module.datetime, Stopped
    try:
        yield
    finally:
        module.datetime = before


def namespace(value: Any) -> Any:
    """JSON with its objects as Python objects, so that `r.ctx.subject.name` is an attribute."""
    if isinstance(value, Mapping):
        return SimpleNamespace(**{name: namespace(one) for name, one in value.items()})
    if isinstance(value, list):
        return [namespace(one) for one in value]
    return value
