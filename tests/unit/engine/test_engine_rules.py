"""Rules keep nothing twice: what has no slot of its own is told all the same."""

import pytest

from doorward.engine.index.rules import RULES_A_STRETCH, rank_of
from support.casbin_small import evaluator, model

DENY = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
ORDERED = "priority(p.eft) || deny"
MATCHER = "r.sub == p.sub"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param(model(MATCHER, p="sub"), ["user:u"], id="one column"),
        pytest.param(model(MATCHER, p="sub, eft", e=DENY), ["user:u, deny", "user:v, allow"], id="an effect"),
        pytest.param(model(MATCHER, p="eft, sub", e=ORDERED), ["deny, user:u", "allow, user:v"], id="an order"),
        pytest.param(
            model(f"{MATCHER} && eval(p.when)", r="sub, obj, act, ctx", p="sub, when, eft", e=DENY),
            [
                "user:u, True, deny",
                "user:u, r.ctx.resource.a  ==  'b', allow",
                "user:v, r.ctx.resource.a == 'c', allow",
            ],
            id="a condition",
        ),
        pytest.param(
            model(
                f"{MATCHER} && (eval(p.when) || eval(p.or_when))",
                r="sub, obj, act, ctx",
                p="sub, when, or_when",
            ),
            ["user:u, True, r.ctx.resource.a == 'b'", "user:v, r.ctx.resource.a == 'c', True"],
            id="two conditions",
        ),
    ],
)
def test_a_rule_says_what_its_row_says(text: str, rows: list[str]) -> None:
    rules = evaluator("".join(f"p, {row}\n" for row in rows), text).rules
    assert [list(rule.fields) for rule in rules] == [row.split(", ") for row in rows]
    assert [rule.allows for rule in rules] == ["deny" not in row for row in rows]


@pytest.mark.parametrize("effect", [DENY, ORDERED])
def test_rules_are_ranked_as_they_stand(effect: str) -> None:
    count = 2 * RULES_A_STRETCH + 1
    engine = evaluator(
        "".join(f"p, user:u{number}, allow\n" for number in range(count)), model(MATCHER, p="sub, eft", e=effect)
    )
    assert sorted(engine.rules, key=rank_of) == engine.rules
    assert [rule.position for rule in engine.rules] == list(range(count))
    assert [engine.line(rule) for rule in engine.rules] == list(range(1, count + 1))
