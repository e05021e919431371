"""The search of an index, compiled once a model with its matcher inside: the hot loop of every decision."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from doorward.engine.index.rules import Conditions, Rule, has_conditions
from doorward.engine.index.tree import Held, Level, Node, PathLevel
from doorward.engine.language import calls
from doorward.engine.language.conditions import Condition
from doorward.engine.language.segments import SEGMENTED
from doorward.engine.model import Comparison, Constraint, Model, RoleCall
from doorward.engine.roles.graph import ANYWHERE, RoleGraph, Roles

Values = Sequence[Any]
Search = Callable[[Node, Values, Held, list[Rule]], tuple[Rule | None, Rule | None]]
Matches = Callable[[Rule, Values, Held], bool]
Opens = Callable[[Values, Held], bool]
Linked = Callable[..., bool]
HeldOf = Callable[[Values, Sequence[str], float], Held]
Rest = Callable[[Rule, Values, Held, calls.Context, Conditions, Linked], object]

_PATHS: Final = """
        if kind is PathLevel:
            waiting += node.below(v[node.value].split("/"))
            continue
"""

_WALK: Final = """
        exact = node.exact
        value = v[node.value]
        if value in exact:
            waiting.append(exact[value])
        if node.star is not None:
            waiting.append(node.star)
        if node.role >= 0:
            held = h[node.role]
            for role in held if len(held) <= len(exact) else exact.keys() & held:
                if role in exact:
                    waiting.append(exact[role])
            continue
        prefixes = node.prefixes
        if prefixes is None:
            continue
        heads = prefixes.heads
        for mark, reach in prefixes.turns:
            at = value.find(mark) + 1
            while at:
                head = value[:at]
                if head in heads:
                    waiting.append(heads[head])
                at = value.find(mark, at) + 1 if at < reach else 0
        if prefixes.texts:
            texts, nodes, parents = prefixes.texts, prefixes.nodes, prefixes.parents
            at = bisect_right(texts, value) - 1
            while at >= 0 and not value.startswith(texts[at]):
                at = parents[at]
            while at >= 0:
                waiting.append(nodes[at])
                at = parents[at]
"""

_SEARCH: Final = """
def {name}(root, v, h, pending):
    {roles}
    {none_yet}
    waiting = [root]
    for node in waiting:
        kind = type(node)
        if kind is not Level{and_no_path}:
            if kind is tuple:
                for rule in node:
{of_several}                continue
            rule = node
{alone}            continue
{walk}
    {result}
"""

_DENIALS_FIRST: Final = """\
{indent}if {matcher}:
{indent}    if {is_conditional}:
{indent}        pending.append(rule)
{indent}    elif rule.mark & 1:
{indent}        if allow is None or rule.rank < allow.rank:
{indent}            allow = rule
{indent}        {end}
{indent}    else:
{indent}        if deny is None or rule.rank < deny.rank:
{indent}            deny = rule
{indent}        {end}
"""

_FIRST_WINS: Final = """\
{indent}if best is not None and best.rank < rule.rank:
{indent}    {end}
{indent}if {matcher}:
{indent}    if {is_conditional}:
{indent}        pending.append(rule)
{indent}    else:
{indent}        best = rule
{indent}        {end}
"""
_BEST: Final = """
    if best is None:
        return None, None
    return (None, best) if best.mark & 1 else (best, None)
"""

_PARTS: Final = """
def matches(rule, v, h):
    {roles}
    return {matcher}

def rest(rule, v, h, x, q, linked):
    {roles}
    return {rest}

def opens(v, h):
    {roles}
    return {opens}

def held(v, asserted, now):
{held}    return ({names})
"""

_ROLES_KEPT: Final = """\
    kept = edges{number}(v[{token}])
    if kept is not None and kept.closure is not None and not asserted and kept.where == {domain}:
        h{number} = kept.closure
    else:
        h{number} = roles{number}(v[{token}], {domain}, {asserted}, now)
"""
_ROLES_FOUND: Final = """\
    h{number} = roles{number}(v[{token}], {domain}, {asserted}, now)
"""


class Compiled(NamedTuple):
    """A matcher as functions; `narrowed`, `rest` and `opens` are None where the model has none.

    search: takes an index, the request's values, the roles held and an empty list. It returns the
    first matching deny and the first matching allow (one of them where effects are ordered) of those
    with no condition; the list then holds matching rules that have one and may come before them.
    narrowed: the same in an index that begins with a level, which decides the comparison it looks at.
    held: takes the request's values, asserted roles of `r.sub`, and the time; gives the roles of each role call.
    """

    search: Search
    narrowed: Search | None
    matches: Matches
    rest: Rest | None
    opens: Opens | None
    held: HeldOf


def _evaluated(condition: Condition | None, context: calls.Context) -> bool:
    return condition is None or condition.holds(context)


def compile_matcher(model: Model, graphs: Mapping[str, Roles], first: Constraint | None = None) -> Compiled:
    """The functions of a model's matcher, over these role graphs; `first` is what an index looks at first."""
    calls_made = model.role_calls
    called = [graphs[call.definition] for call in calls_made]
    namespace: dict[str, Any] = {
        **calls.NAMESPACE,
        **{f"roles{number}": graph.roles for number, graph in enumerate(called)},
        **{f"domain{number}": call.domain for number, call in enumerate(calls_made)},
        **{f"edges{number}": graph.edges.get for number, graph in enumerate(called) if type(graph) is RoleGraph},
        "__builtins__": {"len": len, "tuple": tuple, "type": type},
        "Level": Level,
        "PathLevel": PathLevel,
        "bisect_right": bisect_right,
        "c": model.literals,
        "evaluated": _evaluated,
    }
    names = "".join(f"h{number}, " for number in range(len(calls_made)))
    roles = f"{names}= h" if names else "pass"
    narrowed = _without_first(model, first)
    source = _search_source(model, "search", roles, model.matcher)
    source += _search_source(model, "narrowed", roles, narrowed or "True")
    source += _PARTS.format(
        roles=roles,
        matcher=model.matcher,
        rest=model.rest or "True",
        opens=model.opens or "False",
        held="".join(_held_source(model, number, graph) for number, graph in enumerate(called)),
        names=names,
    )
    # The source is made of the engine's own words: checked names, lifted literals.
    exec(compile(source, "<matcher>", "exec"), namespace)  # noqa: S102
    made = {
        name: namespace.pop(name) for name in ("search", "narrowed", "matches", "rest", "opens", "held")
    }  # no circle stays
    if narrowed is None:
        made["narrowed"] = None
    if model.rest is None:
        made["rest"] = None
    if model.opens is None:
        made["opens"] = None
    return Compiled(**made)


def _search_source(model: Model, name: str, roles: str, matcher: str) -> str:
    """Source of one search; `matcher` is asked of every rule that it finds."""
    has_paths = any(one.function in SEGMENTED for one in model.constraints)
    take = _FIRST_WINS if model.effect.is_ordered else _DENIALS_FIRST
    words = {"matcher": matcher, "is_conditional": "rule.condition is not None" if has_conditions(model) else "False"}
    return _SEARCH.format(
        name=name,
        roles=roles,
        none_yet="best = None" if model.effect.is_ordered else "deny = allow = None",
        and_no_path=" and kind is not PathLevel" if has_paths else "",
        of_several=take.format(indent=" " * 20, end="break", **words),
        alone=take.format(indent=" " * 12, end="continue", **words),
        walk=(_PATHS.strip("\n") + "\n" if has_paths else "") + _WALK.strip("\n"),
        result=_BEST.strip() if model.effect.is_ordered else "return deny, allow",
    )


def _without_first(model: Model, first: Constraint | None) -> str | None:
    """The matcher without the comparison that the first level of an index decides; None where it decides none.

    What stands at a place of that level matches by having been found there: a name equals it, and a
    pattern of keyMatch is the text that it begins with, or anything. Other patterns say more than that.
    """
    if first is None or (first.comparison is Comparison.PATTERN and first.function != "keyMatch"):
        return None
    return " and ".join(source for source, constraint in model.parts if constraint != first) or "True"


def is_of_the_subject(model: Model, call: RoleCall) -> bool:
    """Whether a role call asks for the roles of the subject in the question's tenant: those that callers may assert."""
    in_tenant = call.domain is None or (isinstance(call.domain, int) and model.tokens[call.domain] == "dom")
    return call.definition == "g" and model.tokens[call.token] == "sub" and in_tenant


def _held_source(model: Model, number: int, graph: Roles) -> str:
    """Source that finds the roles of one role call. Callers assert roles of `r.sub` in the question's tenant."""
    call = model.role_calls[number]
    domain = (
        f"v[{call.domain}]" if isinstance(call.domain, int) else f"domain{number}" if call.domain else repr(ANYWHERE)
    )
    asserted = "asserted" if is_of_the_subject(model, call) else "()"
    template = _ROLES_KEPT if type(graph) is RoleGraph else _ROLES_FOUND
    return template.format(number=number, token=call.token, domain=domain, asserted=asserted)
