"""What lint calls duplicate, shadowed, unreachable or without effect may be removed: no answer changes."""

import random
from itertools import product

import pytest

from doorward.domain.access import Question
from doorward.policy import Snapshot
from doorward.policy.lint import lint
from support.trees import MODEL, snapshot

REMOVABLE = {"duplicate-rule", "shadowed-rule", "unreachable-rule", "rule-without-effect"}
_HEAD = "[request_definition]\nr = sub, dom, obj, act\n[role_definition]\ng = _, _, _\n[policy_definition]\np = {columns}\n[policy_effect]\ne = {effect}\n[matchers]\nm = {matcher}\n"
_ROLES = '(p.sub == "*" || g(r.sub, p.sub, r.dom))'
_ALLOW_AND_DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"


def model(matcher: str, effect: str = _ALLOW_AND_DENY, columns: str = "rule, sub, dom, obj, act, eft") -> str:
    return _HEAD.format(matcher=matcher, effect=effect, columns=columns)


MODELS = {
    "the default": MODEL,
    "without conditions": model(f"{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && keyMatch(r.act, p.act)"),
    "ordered": model(f'{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act)', "priority(p.eft) || deny"),
    "ordered by a number": model(f'{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act)', "priority(p.eft) || deny", "priority, rule, sub, dom, obj, act, eft"),
    "allowing by default": f"# doorward: allow-by-default\n{model(f'{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && keyMatch(r.act, p.act)', '!some(where (p.eft == deny))')}",
    "with path patterns": model(f'{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch2(r.obj, p.obj) && (p.act == "*" || r.act == p.act)'),
    "with a part that no index can use": model(f'{_ROLES} && keyMatch(r.dom, p.dom) && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act || r.sub == p.obj)'),
}  # fmt: skip
SUBJECTS, TENANTS, ACTIONS = ["user:a", "user:b"], ["t", "u"], ["read", "write"]
ROLES = ["role:x", "role:y", "role:z"]
OBJECTS = {False: ["doc:1", "doc:12", "doc:a/b"], True: ["doc/1", "doc/1/b", "doc/2/b/c", "doc/"]}
PATTERNS = {
    False: ["*", "doc:*", "doc:1*", "doc:1", "doc:12", "doc:a/*"],
    True: ["doc/:id", "doc/:id/*", "doc/*", "doc/1", "doc/1/b", "doc/:id/b", "doc/1/:part"],
}
CONDITIONS = ["True", "True", "True", "r.ctx.subject.a == 1", "'x' in r.ctx.subject.roles"]


def rules(chance: random.Random, text: str) -> list[str]:
    columns = text.split("p = ", 1)[1].split("\n", 1)[0].split(", ")
    paths = "keyMatch2" in text
    made = []
    for number in range(chance.randrange(3, 9)):
        cells = {
            "rule": f"r{number}",
            "sub": chance.choice(["*", *SUBJECTS, *ROLES]),
            "dom": chance.choice(["*", *TENANTS]),
            "obj": chance.choice(PATTERNS[paths]),
            "act": chance.choice(["*", *ACTIONS]),
            "when": chance.choice(CONDITIONS),
            "eft": chance.choice(["allow", "allow", "deny"]),
            "priority": str(chance.randrange(3)),
        }
        made.append(", ".join(["p", *(cells[name] for name in columns)]))
    for holder, role in (("user:a", "role:x"), ("user:b", "role:z"), ("role:x", "role:y"), ("role:y", "role:z")):
        if chance.random() < 0.7:
            made.append(f"g, {holder}, {role}, {chance.choice(['*', *TENANTS])}")
    return made


def answers(policy: Snapshot, *, paths: bool) -> list[bool]:
    asked = product([*SUBJECTS, "user:c"], [*TENANTS, "-"], OBJECTS[paths], [*ACTIONS, "list"])
    return [policy.decide(Question(sub, dom, obj, act)).allowed for sub, dom, obj, act in asked]


@pytest.mark.parametrize("name", MODELS)
def test_removing_what_lint_calls_superfluous_changes_no_answer(name: str, scale: float) -> None:
    found = 0
    for seed in range(max(120, round(200 * scale))):
        text = MODELS[name]
        rows = rules(random.Random(seed), text)  # noqa: S311 - the same each time, not a secret
        policy = snapshot("".join(f"{row}\n" for row in rows), text)
        before = answers(policy, paths="keyMatch2" in text)
        for one in lint(policy).findings:
            if one.code.name not in REMOVABLE:
                continue
            left = rows[: one.line - 1] + rows[one.line :]
            if any(row.startswith("p") for row in left):
                found += 1
                after = answers(snapshot("".join(f"{row}\n" for row in left), text), paths="keyMatch2" in text)
                assert after == before, (one.message, one.source, rows)
    assert found > 20
