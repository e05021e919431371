"""Policies of hundreds of rows that share keys and begin alike, so that every level of an index is needed."""

from collections.abc import Sequence
from random import Random
from typing import Any

from doorward.domain.access import Question
from support.casbin_conditions import ask
from support.casbin_models import DEFAULT
from support.casbin_policies import TOKENS
from support.casbin_reference import ALLOW, TRUE, Condition, Policy, Row, Shape

NAMES = [f"user:{letter}" for letter in "abcdef"] + [f"role:{number}" for number in range(9)]
TENANTS = [f"t{number}" for number in range(8)]
ACTS = ["read", "write", "list", "read-all", "r"]
CONDITIONS = {
    condition.text: condition
    for condition in (
        TRUE,
        Condition("r.ctx.subject.level > 2", lambda ctx: ctx["subject"]["level"] > 2),
        Condition("'a' in r.ctx.subject.tags", lambda ctx: "a" in ctx["subject"]["tags"]),
        Condition("not r.ctx.resource.public", lambda ctx: not ctx["resource"]["public"]),
    )
}


def pick(random: Random, values: Sequence[str]) -> str:
    """One of the values, the first ones far more often."""
    return values[int(random.random() ** 3 * len(values))]


def key(random: Random, *, prefixes: bool) -> str:
    """A resource whose name begins as many others do; a prefix of that half of the time."""
    text = "doc:" + "".join(random.choices("ab/:", weights=(9, 9, 3, 1), k=random.randint(0, 7))).replace("//", "/")
    return text[: random.randint(0, len(text))] + "*" if prefixes and random.random() < 0.5 else text


def role_rows(random: Random, arity: int, count: int) -> tuple[Row, ...]:
    """Rows in which earlier names hold later ones, so that there is no circle and no long chain."""
    if not arity:
        return ()
    rows = []
    for _ in range(count):
        at = random.randint(0, len(NAMES) - 2)
        holder, role = NAMES[at], NAMES[min(at + random.randint(6, 9), len(NAMES) - 1)]
        if holder != role:
            rows.append((holder, role, *([pick(random, ["*", *TENANTS])] if arity == 3 else [])))
    return tuple(dict.fromkeys(rows))


def crowd(random: Random, count: int, shape: Shape = DEFAULT) -> Policy:
    """`count` rows for a model; a starred column is `*` now and then."""
    text = " ".join(part.text for part in shape.parts)
    rules: list[Row] = []
    for number in range(count):
        row = []
        for column in shape.columns:
            is_matched = f", p.{column})" in text and "keyMatch" in text and f"g(r.sub, p.{column}" not in text
            is_starred = is_matched or f'p.{column} == "*"' in text
            match TOKENS.get(column, column):
                case "sub":
                    value = pick(random, NAMES)
                case "dom":
                    value = pick(random, TENANTS)
                case "act":
                    value = pick(random, ACTS)
                case "obj":
                    value = key(random, prefixes=is_matched)
                case "eft":
                    value = "allow" if shape.effect == ALLOW or random.random() < 0.8 else "deny"
                case "when":
                    value = pick(random, list(CONDITIONS))
                case _:
                    value = f"rule-{number}"
            row.append("*" if is_starred and random.random() < 0.2 else value)
        rules.append(tuple(row))
    roles = role_rows(random, shape.role_arity, 30)
    text = "".join(f"{kind}, {', '.join(row)}\n" for kind, rows in (("p", rules), ("g", roles)) for row in rows)
    lines = tuple(range(1, count + 1))
    return Policy(shape=shape, rules=tuple(rules), roles=roles, conditions=CONDITIONS, text=text, lines=lines)


def question(random: Random) -> Question:
    """A question from the same names, with all attributes that the conditions read."""
    attributes: dict[str, dict[str, Any]] = {
        "subject": {"level": random.randint(0, 5), "tags": random.choices("abc", k=2)},
        "resource": {"public": random.random() < 0.5},
        "context": {},
    }
    tenant = random.choice([*TENANTS, "-", "other"])
    return ask(random.choice(NAMES), tenant, key(random, prefixes=False), pick(random, ACTS), attributes)
