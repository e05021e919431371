"""Random rows and roles for a model, written as a policy file, and questions that nearly miss them."""

import re
from random import Random

from hypothesis import strategies as st

from doorward.domain.access import Question
from support.casbin_conditions import ATTRIBUTES, CONDITIONS, ask
from support.casbin_models import RENAMED, ROOT
from support.casbin_reference import ALLOW, TRUE, Condition, Policy, Row, Shape, held_roles, seeded

SUBJECTS = ["user:a", "user:b", "user:ab"]
ROLES = [f"role:{number}" for number in range(7)]
DOMAINS = ["acme", "globex"]
OBJECTS = ["doc:1", "doc:10", "doc:a/b", "file:1"]
ACTIONS = ["read", "write"]
PREFIXES = ["*", "d*", "doc:*", "doc:1*", "doc:10*", "doc:a/*", "file:*"]
TOKENS = {name: token for token, name in RENAMED.items()} | {token: token for token in RENAMED}
NOTES = ["plain", "with (a, comma)", "list [1, 2, (3, 4)]", "p.sub", "*"]
OTHERS = {
    "sub": [*SUBJECTS, *ROLES[:2], ROOT],
    "dom": [*DOMAINS, "-", "other"],
    "obj": [*OBJECTS, "doc:*", "docs:1"],
    "act": [*ACTIONS, "delete"],
}
_BLANKS = ["", " ", "  ", "\t"]
_BETWEEN = ["", "", "", "\n", "# a comment, with p, a row\n", "   \n", "#\n"]


def names_in(shape: Shape, column: str) -> list[str]:
    """What may stand in a column: patterns where it is matched, `*` where it has a meaning."""
    text = " ".join(part.text for part in shape.parts)
    is_matched = re.search(rf"keyMatch\(r\.\w+, p\.{column}\)", text) is not None
    is_starred = is_matched or f'p.{column} == "*"' in text
    names = {
        "sub": SUBJECTS + ROLES * bool(shape.role_arity) + ["user:*", "user:a*"] * is_matched,
        "dom": DOMAINS * 2,
        "obj": OBJECTS + (PREFIXES if is_matched else [] if is_starred else ["doc:*"]),
        "act": ACTIONS,
    }
    return names[TOKENS[column]] + ["*"] * is_starred


@st.composite
def role_rows(draw: st.DrawFn, arity: int) -> tuple[Row, ...]:
    """Rows without circles: who comes earlier holds who comes later; tenants share an order, or each has its own."""
    if not arity:
        return ()
    names = [*SUBJECTS[:2], *ROLES]
    shared = draw(st.permutations(names))
    domains = [""] if arity == 2 else draw(st.sampled_from([["*", "*", *DOMAINS], DOMAINS]))
    orders = {domain: shared if "*" in domains else draw(st.permutations(names)) for domain in domains}
    rows: list[Row] = []
    for _ in range(draw(st.integers(0, 12))):
        domain = draw(st.sampled_from(domains))
        at = draw(st.integers(0, len(names) - 2))
        above = draw(st.integers(at + 1, min(at + 3, len(names) - 1)))
        rows.append((orders[domain][at], orders[domain][above], *([domain] if domain else [])))
    return tuple(dict.fromkeys(rows))


def layout(random: Random, rules: tuple[Row, ...], roles: tuple[Row, ...]) -> tuple[str, tuple[int, ...]]:
    """The rows as a file, `g` among `p`, with blanks and comments, and the line of each `p` row."""
    kinds = ["p"] * len(rules) + ["g"] * len(roles)
    random.shuffle(kinds)
    sources = {"p": iter(rules), "g": iter(roles)}
    text = ""
    lines = []
    for kind in kinds:
        text += random.choice(_BETWEEN)
        if kind == "p":
            lines.append(text.count("\n") + 1)
        before, inside, after = random.choices(_BLANKS, k=3)
        text += f"{before}{f',{inside}'.join((kind, *next(sources[kind])))}{after}\n"
    return text, tuple(lines)


@st.composite
def policies(draw: st.DrawFn, shape: Shape) -> Policy:
    """A few rows for a model, between role rows."""
    conditions: dict[str, Condition] = {}
    rules: list[Row] = []
    choices = {column: names_in(shape, column) for column in shape.columns if column in TOKENS}
    choices["eft"] = ["allow"] if shape.effect == ALLOW else ["allow", "allow", "deny"]
    choices["note"] = NOTES
    for number in range(draw(st.integers(1, 7))):
        condition = draw(CONDITIONS) if "when" in shape.columns and draw(st.booleans()) else TRUE
        conditions[condition.text] = condition
        fixed = {"rule": f"rule-{number}", "when": condition.text}
        rules.append(tuple(fixed.get(column) or draw(st.sampled_from(choices[column])) for column in shape.columns))
    roles = draw(role_rows(shape.role_arity))
    text, lines = layout(seeded(draw(st.integers(0, 1 << 16))), tuple(rules), roles)
    return Policy(shape=shape, rules=tuple(rules), roles=roles, conditions=conditions, text=text, lines=lines)


def _hits(policy: Policy, token: str, said: str) -> list[str]:
    """What a field was written for: who holds a role, what begins with a prefix."""
    if token == "sub" and policy.shape.role_arity:  # noqa: S105 - a Casbin token
        holders = {row[0] for row in policy.roles}
        return [
            said,
            *sorted(one for one in holders for where in DOMAINS if said in held_roles(policy.roles, one, where)),
        ]
    if said.endswith("*"):
        prefix = said[:-1]
        return [one for one in (*OTHERS[token], prefix, f"{prefix}x") if one and one.startswith(prefix)]
    return [said]


def _misses(token: str, said: str) -> list[str]:
    """What almost is what a field says: cut, longer, in other letters, the prefix without its `*`, someone else."""
    close = (said[:-1], f"{said}x", said.upper(), said.rstrip("*"))
    return [*OTHERS[token], *(one for one in close if one and one != said)]


@st.composite
def questions(draw: st.DrawFn, policy: Policy) -> Question:
    """A question made from one of the rows; some tokens are what the row is about, some nearly."""
    row = dict(zip(policy.shape.columns, draw(st.sampled_from(policy.rules)), strict=True))
    said = {TOKENS[column]: value for column, value in row.items() if column in TOKENS}
    values = {
        token: draw(
            st.sampled_from(_misses(token, word) if draw(st.integers(0, 5)) == 5 else _hits(policy, token, word))
        )
        for token, word in ((token, said.get(token, OTHERS[token][0])) for token in OTHERS)
    }
    now = draw(st.integers(0, 2_000_000_000))
    return ask(values["sub"], values["dom"], values["obj"], values["act"], draw(ATTRIBUTES), float(now))
