"""The search of an index, compiled once a model with its matcher inside: the hot loop of every decision."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Final

from doorward.engine import functions
from doorward.engine.index import Node, Rule
from doorward.engine.model import Model

Search = Callable[[Node, Sequence[str], frozenset[str], list[Rule]], tuple[Rule | None, Rule | None]]
Matches = Callable[[Rule, Sequence[str], frozenset[str]], bool]

_SOURCE: Final = """
def matches(rule, v, held):
    f = rule.fields
    return {matcher}

def search(root, v, held, pending):
    deny = allow = None
    waiting = [root]
    for node in waiting:
        if node.__class__ is tuple:
            for rule in node:
                f = rule.fields
                if {matcher}:
                    if rule.condition is not None:
                        pending.append(rule)
                    elif rule.allows:
                        if allow is None or rule.rank < allow.rank:
                            allow = rule
                        break
                    else:
                        if deny is None or rule.rank < deny.rank:
                            deny = rule
                        break
            continue
        exact = node.exact
        value = v[node.token]
        if value in exact:
            waiting.append(exact[value])
        if node.by_role:
            for role in held if len(held) <= len(exact) else exact.keys() & held:
                if role in exact:
                    waiting.append(exact[role])
        elif node.prefixes:
            at = bisect_right(node.prefixes, value) - 1
            while at >= 0 and not value.startswith(node.prefixes[at]):
                at = node.parents[at]
            while at >= 0:
                waiting.append(node.prefix_nodes[at])
                at = node.parents[at]
        if node.star is not None:
            waiting.append(node.star)
    return deny, allow
"""


def compile_search(model: Model) -> tuple[Search, Matches]:
    """The search for a model, and its matcher alone.

    The search takes an index, the request's values, the roles held and an empty list. It returns
    the first matching deny and the first matching allow, in file order, that have no condition; the
    list then holds the matching rules that have one and may come before them. A leaf holds its
    denials first, so that the first match without a condition ends it.
    """
    namespace: dict[str, Any] = {
        "__builtins__": {"len": len, "tuple": tuple},
        "bisect_right": bisect_right,
        "c": model.literals,
        "key_match": functions.key_match,
        "truth": functions.truth,
    }
    # The matcher's source is made of the engine's own words: checked names, lifted literals.
    exec(compile(_SOURCE.format(matcher=model.matcher), "<matcher>", "exec"), namespace)  # noqa: S102
    return namespace.pop("search"), namespace.pop("matches")  # popped: no circle for the collector to find
