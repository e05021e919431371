"""A question to try a new tree with: names from the first rule that allows."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from doorward.engine import Evaluator
from doorward.engine.index.rules import Rule
from doorward.engine.model import Comparison
from doorward.policy.casbin_import.authzen_reach import found_by_authzen
from doorward.policy.casbin_import.matchers import read_matcher
from doorward.policy.casbin_import.token_kinds import Kind, token_kinds
from doorward.policy.snapshot import Snapshot

_TRIED: Final = 50
_LINKS: Final = 9
_NAMES: Final[Mapping[str, str]] = {"sub": "alice", "dom": "acme", "obj": "data1", "act": "read"}
_OPTIONS: Final[Mapping[str, str]] = {"--subject": "sub", "--action": "act", "--resource": "obj", "--tenant": "dom"}
_ELSE: Final[Mapping[str, str]] = {"sub": "user:alice", "act": "read", "obj": "doc:1"}  # what AuthZEN asks with
_SAID: Final[Mapping[Kind, str]] = {Kind.OBJECT: "{...}", Kind.TRUTH: "true"}
_WANTED: Final[Mapping[str, str]] = {"sub": "user", "obj": "doc"}


def conditions_of(evaluator: Evaluator) -> set[str]:
    """The texts of all conditions."""
    columns = evaluator.model.condition_columns
    return {rule.fields[column] for rule in evaluator.rules for column in columns}


def question_kinds(evaluator: Evaluator) -> dict[str, Kind]:
    """What a caller gives for each token of a section."""
    model = evaluator.model
    return token_kinds(model, read_matcher(model.text, model.suffix), conditions_of(evaluator))


def first_question(snapshot: Snapshot, now: float, types: Mapping[str, str] | None = None) -> dict[str, str]:
    """A text for each token that takes one; allowed, where one of the first rules is found to allow it.

    Args:
        snapshot: the tree; its main section is asked.
        now: the time in seconds, for roles that hold for a time.
        types: what AuthZEN asks for, by token; None to ask by position.
    """
    evaluator = snapshot.evaluator
    kinds = question_kinds(evaluator)
    rules: Iterable[Rule] = (one for one in evaluator.rules if one.allows)
    if types is not None:
        rules = found_by_authzen(evaluator)
    asked = [_asked(evaluator, rule, types) for rule in islice(rules, _TRIED)]
    if not asked:
        asked = [_asked(evaluator, None, types)]
    texts = all(kind is Kind.TEXT or name == "ctx" for name, kind in kinds.items())
    for one in asked if texts else ():
        values: list[Any] = [{} if name == "ctx" else one[name] for name in kinds]
        if snapshot.enforce(values, "", now, "127.0.0.1").allowed:
            return one
    return asked[0]


def enforce_request(snapshot: Snapshot, now: float) -> str:
    """What to send to POST /v1/enforce, as JSON but for what the caller alone knows."""
    names = first_question(snapshot, now)
    kinds = question_kinds(snapshot.evaluator)
    values = [
        _SAID.get(kind) or (name.upper() if kind is Kind.ANY and name not in _NAMES else json.dumps(names[name]))
        for name, kind in kinds.items()
        if name != "ctx"
    ]
    return f"[{', '.join(values)}]"


def check_options(snapshot: Snapshot, now: float, types: Mapping[str, str]) -> str:
    """What to ask `doorward check`."""
    asked = first_question(snapshot, now, types)
    there = {option: asked.get(token) or _ELSE.get(token) for option, token in _OPTIONS.items()}
    return " ".join(f"{option} {shlex.quote(value)}" for option, value in there.items() if value)


def _asked(evaluator: Evaluator, rule: Rule | None, types: Mapping[str, str] | None) -> dict[str, str]:
    model = evaluator.model
    constraints, fields = (model.constraints, rule.fields) if rule is not None else ((), ())
    found = {name: _default(name, types) for name in model.tokens}
    for pattern in model.patterns if rule is not None else ():
        if pattern.token is not None:
            name = model.tokens[pattern.token]
            found[name] = _of_pattern(pattern.function, fields[pattern.column], found[name])
    for one in constraints:
        if one.value == one.token and one.comparison is Comparison.EQUAL and fields[one.column] != "*":
            found[model.tokens[one.token]] = fields[one.column]
    for one in constraints:
        if one.comparison is Comparison.ROLE and not (one.star and fields[one.column] == "*"):
            call = model.role_calls[one.role]
            tenant = call.domain if isinstance(call.domain, str) else None
            if isinstance(call.domain, int):
                tenant = found[model.tokens[call.domain]]
            found[model.tokens[one.token]] = _holder(evaluator, call.definition, fields[one.column], tenant)
    return found


def _default(token: str, types: Mapping[str, str] | None) -> str:
    name = _NAMES.get(token, token.upper())
    if types is None or token not in _WANTED:
        return name
    return f"{types.get(token, _WANTED[token])}:{name}"


def _of_pattern(function: str, pattern: str, otherwise: str) -> str:
    match function:
        case _ if pattern in {"*", ".*"}:
            return otherwise
        case "ipMatch":
            return pattern.partition("/")[0]
        case "regexMatch":
            first = re.split(r"\|", pattern.strip("^$"))[0]
            return re.sub(r"\.[*+]|\\d\+|\[[^]]*\][*+]?", "1", first).strip("()")
        case "keyMatch2":
            return re.sub(r":[^/]+", "1", pattern).replace("*", "1") if "/" in pattern else pattern.replace("*", "1")
    return re.sub(r"\{[^/{}]+\}", "1", pattern).replace("**", "1").replace("*", "1")


def _holder(evaluator: Evaluator, definition: str, role: str, tenant: str | None) -> str:
    """The first who holds a role and is none, or else the role's own name."""
    graph, pattern = evaluator.graphs[definition], evaluator.definitions[definition].pattern
    below: dict[str, str] = {}
    for holder, held, where in graph.assignments():
        if tenant is None or where in {tenant, "*"}:
            below.setdefault(held, holder)
    name = role
    for _ in range(_LINKS):
        if name not in below:
            break
        name = below[name]
    return _of_pattern(pattern, name, name) if pattern and name != role else name
