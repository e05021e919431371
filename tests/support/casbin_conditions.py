"""Random conditions whose attributes are all there: their text, and what it means in plain Python."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from casbin import util as stock
from hypothesis import strategies as st

from doorward.domain.access import AccessRequest, Question
from support.casbin_oracle import EXTRA_FUNCTIONS
from support.casbin_reference import TRUE, Condition, Context


class Term(NamedTuple):
    """A value in a condition: its text, and how to compute it."""

    text: str
    value: Callable[[Context], Any]


def attribute(path: str) -> Term:
    return Term(f"r.ctx.{path}", lambda ctx: reduce(operator.getitem, path.split("."), ctx))


def literal(value: object) -> Term:
    return Term(repr(value), lambda _: value)


def call(name: str, function: Callable[..., Any], *arguments: Term) -> Term:
    text = f"{name}({', '.join(argument.text for argument in arguments)})"
    return Term(text, lambda ctx: function(*(argument.value(ctx) for argument in arguments)))


def listed(values: Sequence[object], brackets: str) -> Term:
    inside = ", ".join(map(repr, values)) + ("," if brackets == "()" and len(values) == 1 else "")
    return Term(f"{brackets[0]}{inside}{brackets[1]}", lambda _: list(values))


TEAMS, WORDS = ["red", "blue", "Red"], ["a", "b", "c"]
PATHS = ["/a", "/a/b", "/a/b/c", "/a/.hid", "a", "/a/12", "/a/a", "/a/b?x=1", "/a,b", "/"]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "2001:db8::7"]
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], Sequence[str]]] = {
    "keyMatch": (stock.key_match_func, ["/a*", "/a/b", "/a/*", "*", "/a,*"]),
    "keyMatch2": (stock.key_match2_func, ["/a/:x", "/a/*", "/:x/b", "/a/:x/c", "*"]),
    "keyMatch3": (stock.key_match3_func, ["/a/{x}", "/{x}/b", "/a/{x}/*", "/*"]),
    "keyMatch4": (stock.key_match4_func, ["/{x}/{x}", "/{x}/{y}", "/a/{x}/*"]),
    "keyMatch5": (stock.key_match5_func, ["/a/{x}", "/a/b", "/*"]),
    "globMatch": (stock.glob_match_func, ["/a/*", "/a/**", "/?", "/a/?", "**/b", "/a/.*", "/a/*/c", "*"]),
    "regexMatch": (stock.regex_match_func, ["^/a/[0-9]+$", "/a", ".*b$", "^/a(/[a-c])*$", "^\\/a/\\d+$", "x?"]),
    "startswith": (EXTRA_FUNCTIONS["startswith"], ["/a", "/", "a,"]),
    "endswith": (EXTRA_FUNCTIONS["endswith"], ["b", "/", "?x=1"]),
    "contains": (EXTRA_FUNCTIONS["contains"], ["/b", ",", "a/"]),
}


def _of(*terms: Term) -> st.SearchStrategy[Term]:
    return st.sampled_from(terms)


def _extra(name: str, *arguments: Term) -> Term:
    return call(name, EXTRA_FUNCTIONS[name], *arguments)


_NOW = attribute("env.time")
_BERLIN, _UTC = literal("Europe/Berlin"), literal("UTC")
_TEAM, _TAGS, _LABELS = attribute("subject.team"), attribute("subject.tags"), attribute("resource.labels")
_PUBLIC, _ROLES = attribute("resource.public"), attribute("subject.roles")
_NUMBERS = _of(
    attribute("subject.level"), attribute("resource.size"), attribute("resource.meta.deep.n"),
    _extra("len", _TAGS), _extra("len", _TEAM),
    _extra("hour", _NOW, _BERLIN), _extra("hour", _NOW, _UTC), _extra("weekday", _NOW, _BERLIN),
    *(literal(number) for number in (-1, 0, 1, 2, 3, 2.5)),
)  # fmt: skip
_TEXTS = _of(
    _TEAM, attribute("resource.owner"), attribute("subject.id"), attribute("action.name"),
    attribute("resource.meta.region"), _extra("lower", _TEAM),
    *(literal(text) for text in ("red", "blue", "a", "b", "read", "eu")),
)  # fmt: skip
_LISTS = st.one_of(_of(_TAGS, _LABELS, _ROLES), st.builds(listed, st.lists(st.sampled_from(WORDS)), st.just("[]")))
_HAYSTACKS = st.one_of(
    _LISTS, st.builds(listed, st.lists(st.sampled_from([*TEAMS, *WORDS]), min_size=1), st.sampled_from(["()", "[]"]))
)
_BOOLS = _of(_PUBLIC, *(_extra("has", one) for one in (_TEAM, _TAGS, attribute("resource.meta.region"))))


def _compared(left: Term, sign: str, right: Term) -> Condition:
    compare = _COMPARISONS[sign]
    return Condition(f"{left.text} {sign} {right.text}", lambda ctx: compare(left.value(ctx), right.value(ctx)))


def _chained(low: Term, first: str, middle: Term, second: str, high: Term) -> Condition:
    one, two = _compared(low, first, middle), _compared(middle, second, high)
    return Condition(f"{one.text} {second} {high.text}", lambda ctx: one.holds(ctx) and two.holds(ctx))


def _within(item: Term, holder: Term, word: str) -> Condition:
    wanted = word == "in"
    return Condition(f"{item.text} {word} {holder.text}", lambda ctx: (item.value(ctx) in holder.value(ctx)) == wanted)


def _matched(name: str, position: int) -> Condition:
    function, patterns = _FUNCTIONS[name]
    wanted = literal(patterns[position % len(patterns)])
    return Condition(*call(name, function, attribute("context.path"), wanted))


def _shared(left: Term, right: Term) -> Condition:
    return Condition(*_extra("any_in", left, right))


def _address(network: str) -> Condition:
    return Condition(*call("ipMatch", stock.ip_match_func, attribute("context.address"), literal(network)))


_SIGN, _EITHER = st.sampled_from(sorted(_COMPARISONS)), st.sampled_from(["==", "!="])
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.just(TRUE),
    st.just(Condition("False", lambda _: False)),
    st.builds(lambda term: Condition(*term), _BOOLS),
    st.builds(_compared, _BOOLS, _EITHER, _of(literal(True), literal(False))),
    st.builds(_compared, _NUMBERS, _SIGN, _NUMBERS),
    st.builds(_compared, _TEXTS, _SIGN, _TEXTS),
    st.builds(_compared, _LISTS, _EITHER, _LISTS),
    st.builds(_chained, _NUMBERS, _SIGN, _NUMBERS, _SIGN, _NUMBERS),
    st.builds(_within, _TEXTS, _HAYSTACKS, st.sampled_from(["in", "not in"])),
    st.builds(_shared, _LISTS, _HAYSTACKS),
    st.builds(_matched, st.sampled_from(sorted(_FUNCTIONS)), st.integers(0, 7)),
    st.builds(_address, st.sampled_from(["10.0.0.0/8", "10.0.0.1", "::/0", "2001:db8::/32"])),
)


def _join(word: str, parts: Sequence[Condition]) -> Condition:
    together = all if word in {"and", "&&"} else any
    text = f" {word} ".join(f"({part.text})" for part in parts)
    return Condition(text, lambda ctx: together(part.holds(ctx) for part in parts))


def _flat(one: Condition, either: str, two: Condition, both: str, three: Condition) -> Condition:
    """`a or b and c` without a bracket: `and` binds first."""
    text = f"{one.text} {either} {two.text} {both} {three.text}"
    return Condition(text, lambda ctx: one.holds(ctx) or (two.holds(ctx) and three.holds(ctx)))


def _not(word: str, part: Condition, brackets: str) -> Condition:
    return Condition(f"{word}{brackets[:1]}{part.text}{brackets[1:]}", lambda ctx: not part.holds(ctx))


_AND, _OR = st.sampled_from(["and", "&&"]), st.sampled_from(["or", "||"])
_INNER = st.one_of(LEAVES, st.builds(_not, st.sampled_from(["not ", "!"]), LEAVES, st.sampled_from(["", "()"])))
CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    _INNER,
    st.builds(_flat, _INNER, _OR, _INNER, _AND, _INNER),
    st.builds(_join, st.one_of(_AND, _OR), st.lists(_INNER, min_size=2, max_size=3)),
    st.builds(
        _not,
        st.just("!"),
        st.builds(_join, _OR, st.tuples(st.builds(_join, _AND, st.tuples(_INNER, _INNER)), _INNER)),
        st.just("()"),
    ),
)

ATTRIBUTES: st.SearchStrategy[dict[str, dict[str, Any]]] = st.fixed_dictionaries({
    "subject": st.fixed_dictionaries({
        "level": st.sampled_from([0, 1, 2, 3, 2.5]),
        "team": st.sampled_from(TEAMS),
        "tags": st.lists(st.sampled_from(WORDS), max_size=3),
    }),
    "resource": st.fixed_dictionaries({
        "owner": st.sampled_from(WORDS),
        "size": st.integers(0, 4),
        "public": st.booleans(),
        "labels": st.lists(st.sampled_from(WORDS), max_size=3),
        "meta": st.builds(lambda region, n: {"region": region, "deep": {"n": n}}, st.sampled_from(["eu", "us"]), st.integers(0, 3)),
    }),
    "context": st.fixed_dictionaries({"path": st.sampled_from(PATHS), "address": st.sampled_from(ADDRESSES)}),
})  # fmt: skip


def ask(  # noqa: PLR0913, PLR0917 - a question
    sub: str, dom: str, obj: str, act: str, attributes: Mapping[str, Mapping[str, Any]], now: float = 1_700_000_000.0
) -> Question:
    """A question with attributes; what `r.ctx` says of ids does not depend on what the rules compare."""
    request = AccessRequest(
        "user", sub.rpartition(":")[2].strip("*") or "nobody", act or "none", "doc", "1",
        subject_properties=attributes["subject"], resource_properties=attributes["resource"],
        context=attributes["context"],
    )  # fmt: skip
    return Question(sub, dom, obj, act, request, now=now)
