"""Builders of policy trees that grow: so many rows, roles, conditions, parts of a model or of a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MODEL, RULES, DIRECTORY = "models/access.conf", "policies/access.csv", "policies/directory.yaml"
FLAGS = "policies/flags.yaml"
ACCESS_MODEL = """\
[request_definition]
r = sub, dom, obj, act, ctx

[policy_definition]
p = rule, sub, dom, obj, act, when, eft

[role_definition]
g = _, _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = (p.sub == "*" || g(r.sub, p.sub, r.dom)) && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && \\
  keyMatch(r.act, p.act) && eval(p.when)
"""
WINDOWS_MODEL = ACCESS_MODEL.replace("g = _, _, _", "g = _, _, _, (_, _)")
PATTERNS_MODEL = (
    ACCESS_MODEL.replace("g = _, _, _", "g = _, _, _\ng2 = _, _").replace("keyMatch(r.obj, p.obj)", "g2(r.obj, p.obj)")
    + "# doorward: match g2 with keyMatch2\n"
)
PRIORITY_MODEL = """\
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft, priority
[role_definition]
g = _, _
[policy_effect]
e = priority(p.eft) || deny
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
LEVELS_MODEL = PRIORITY_MODEL.replace(", priority\n", "\n").replace("priority(p.eft)", "subjectPriority(p.eft)")
ONE_RULE = "p, one, role:r, *, doc:*, read, True, allow\n"
PATTERN_RULE = "p, one, role:r, *, things, read, True, allow\n"
LAST_COLUMN, LAST_TOKEN, LAST_PART = "when, eft", "act, ctx", "eval(p.when)"
LONGEST_CONDITION = 4_000
"""Just below what a reader takes."""


class Family(NamedTuple):
    """Trees of one kind: those that do not fit are refused, which must not take long either."""

    name: str
    size: int  # of the smallest that is worth timing
    files: Callable[[int], dict[str, bytes]]
    fits: bool = True


def tree(rules: str = ONE_RULE, model: str = ACCESS_MODEL, directory: str | None = None) -> dict[str, bytes]:
    """The files of a tree; without a directory there is none."""
    files = {MODEL: model.encode(), RULES: rules.encode()}
    return files if directory is None else files | {DIRECTORY: directory.encode()}


def lines(texts: Iterable[str]) -> str:
    """The texts, a line each."""
    return "".join(f"{text}\n" for text in texts)


def rule(number: int, sub: str = "role:r", dom: str = "*", obj: str = "doc:*", when: str = "True") -> str:
    """A rule of the model with a name of its own."""
    return f"p, rule-{number}, {sub}, {dom}, {obj}, read, {when}, allow"


def rules(make: Callable[[int], str]) -> Callable[[int], dict[str, bytes]]:
    """One row for each number below the size."""
    return lambda size: tree(lines(map(make, range(size))))


def roles(make: Callable[[int], Iterable[tuple[str, str, str]]]) -> Callable[[int], dict[str, bytes]]:
    """Role rows (holder, role, tenant) below one rule."""
    return lambda size: tree(ONE_RULE + lines(f"g, {one}, {role}, {where}" for one, role, where in make(size)))


def conditions(make: Callable[[int], str]) -> Callable[[int], dict[str, bytes]]:
    """One rule a number, each with a condition."""
    return rules(lambda number: rule(number, obj=f"doc:{number}", when=make(number)))


def parts(part: str, size: int) -> str:
    """So many parts; `@` in them is their number."""
    return "".join(part.replace("@", str(one)) for one in range(size)) if "@" in part else part * size


def model(place: str, part: str, head: str = "") -> Callable[[int], dict[str, bytes]]:
    """The model with a head and so many parts after a place in it."""
    return lambda size: tree(model=ACCESS_MODEL.replace(place, place + head + parts(part, size)))


def yaml(head: str, part: str, tail: str = "") -> Callable[[int], dict[str, bytes]]:
    """A directory of so many parts between a head and a tail."""
    return lambda size: tree(directory=f"{head}{parts(part, size)}{tail}\n")


def flags(head: str, part: str, tail: str = "") -> Callable[[int], dict[str, bytes]]:
    """A file of flags of so many parts between a head and a tail."""
    return lambda size: tree() | {FLAGS: f"{head}{parts(part, size)}{tail}\n".encode()}


def chain_of_flags(size: int) -> dict[str, bytes]:
    """Flags of which each requires the next."""
    entries = (f"f{one}: {{type: boolean, default: on, requires: {{f{one + 1}: on}}}}\n" for one in range(size))
    return tree() | {FLAGS: f"{''.join(entries)}f{size}: {{type: boolean, default: off}}\n".encode()}


def star_of_flags(size: int) -> dict[str, bytes]:
    """A flag that requires all others."""
    entries = "".join(f"f{one}: {{type: boolean, default: off}}\n" for one in range(size))
    required = ", ".join(f"f{one}: on" for one in range(size))
    return tree() | {FLAGS: f"{entries}x: {{type: boolean, default: off, requires: {{{required}}}}}\n".encode()}


def faulty_rules(size: int) -> dict[str, bytes]:
    """A flag of many variants, and as many rules that serve another one."""
    variants = ", ".join(f"v{one}: {one}" for one in range(size))
    rules = "".join(f"  - {{when: r.ctx.context.a, serve: x{one}}}\n" for one in range(size))
    head = f"f:\n  type: integer\n  default: v0\n  variants: {{{variants}}}\n"
    return tree() | {FLAGS: f"{head}  rules:\n{rules}".encode()}


def indents(size: int) -> dict[str, bytes]:
    """Mappings in mappings, each a line."""
    return tree(directory="".join(f"{' ' * one}a:\n" for one in range(size)))


def wide_rows(size: int) -> dict[str, bytes]:
    """Many columns, each of them filled in a few rows."""
    rows = (f"p, rule-{row}, role:r, *, doc:*, read, True, allow{', x' * size}" for row in range(10))
    return tree(lines(rows), ACCESS_MODEL.replace(LAST_COLUMN, LAST_COLUMN + parts(", c@", size)))


def square(size: int) -> int:
    """The side of a square of so many."""
    return max(2, round(size**0.5))


def layers(size: int) -> Iterable[tuple[str, str, str]]:
    """Five layers of roles, each role of one holding all of the next."""
    width = max(1, round((size / 4) ** 0.5))
    for layer in range(4):
        for one in range(width):
            for other in range(width):
                yield f"role:{layer}-{one}", f"role:{layer + 1}-{other}", "*"


def split_chain(size: int) -> Iterable[tuple[str, str, str]]:
    """A chain that is too long over all tenants and short in each of them, beside rows of many tenants."""
    for link in range(12):
        yield f"role:c{link}", f"role:c{link + 1}", f"t{link}"
    for one in range(size):
        yield f"role:h{one}", f"role:k{one}", f"t{one}"
        yield f"role:k{one}", f"role:l{one}", f"t{one}"


def repeated(head: str, part: str, tail: str) -> str:
    """A condition of nearly the longest length."""
    times = (LONGEST_CONDITION - len(head) - len(tail)) // len(part)
    return head + part * times + tail


def section_sets(size: int) -> dict[str, bytes]:
    """A model of so many more requests, policies and matchers, with a rule for each."""
    text = ACCESS_MODEL
    for place, part in (
        ("[policy_definition]", "r{0} = sub\n"),
        ("[role_definition]", "p{0} = sub\n"),
        ("# end", "m{0} = r{0}.sub == p{0}.sub\n"),
    ):
        text = f"{text}# end" if place not in text else text
        text = text.replace(place, "".join(part.format(one) for one in range(2, size + 2)) + place)
    return tree(ONE_RULE + lines(f"p{one}, user:a" for one in range(2, size + 2)), f"{text}\n")


def of_model(model_text: str, make: Callable[[int], str], first: str = "") -> Callable[[int], dict[str, bytes]]:
    """One row for each number below the size, under another model."""
    return lambda size: tree(first + lines(map(make, range(size))), model_text)
