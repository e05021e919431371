"""The two files of plans say to stock Casbin, where `atMost` is registered, what they say to Doorward."""

from pathlib import Path

import casbin
import pytest
from casbin.core_enforcer import EnforceContext

from doorward.policy import Tree, load_snapshot
from support.trees import PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, tree

INHERITED = (
    "p2, basic, help\np2, plus, export\np2, top, audit\ng, plus, basic\ng, top, plus\np, top, seats, total, unlimited\n"
)
CHAIN = "".join(f"g, plan-{n}, plan-{n + 1}\n" for n in range(9)) + "p2, plan-9, help\np, plan-9, seats, day, 0\n"


def at_most(asked: str, given: str) -> bool:
    return given == "unlimited" or int(asked) <= int(given)


def stock(folder: Path, rows: str) -> casbin.Enforcer:
    (folder / "plans.conf").write_text(PLANS_CONF)
    (folder / "plans.csv").write_text(rows)
    enforcer = casbin.Enforcer(str(folder / "plans.conf"), str(folder / "plans.csv"))
    enforcer.add_function("atMost", at_most)
    return enforcer


@pytest.mark.parametrize("rows", [PLANS_CSV, INHERITED, CHAIN], ids=["the default plans", "inheritance", "nine links"])
def test_plans_say_the_same_to_stock_casbin(tmp_path: Path, rows: str) -> None:
    enforcer = stock(tmp_path, rows)
    plans = load_snapshot(Tree(tree() | {PLANS_MODEL: PLANS_CONF.encode(), PLANS: rows.encode()})).plans
    features = {feature for plan in plans.values() for feature in plan.features}
    limits = {(one.limit, one.per) for plan in plans.values() for one in plan.limits}
    for name, plan in plans.items():
        for feature in features:
            context = EnforceContext("r2", "p2", "e", "m2")
            assert enforcer.enforce(context, name, feature) is (feature in plan.features), (name, feature)
        amounts = {(one.limit, one.per): one.amount for one in plan.limits}
        for limit, per in limits:
            amount = amounts.get((limit, per), -1)
            for asked in (0, 5, 6, 20, 21, 1000, 1001, 50_001):
                allowed = amount is None or asked <= amount
                assert enforcer.enforce(name, limit, per.value, str(asked)) is allowed, (name, limit, asked)
