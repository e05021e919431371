"""Plans that tenants have: what a sidecar has recorded, held against the plans of a tree."""

import shlex

from doorward.domain.plan_use import PlanUse
from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.tree import PLANS


def check_plan_use(examined: Examined) -> None:
    """Every plan that tenants have or get, and that this tree does not declare."""
    for one in examined.live.plans:
        if one.plan not in examined.plans:
            examined.note(codes.TENANTS_WITHOUT_PLAN, PLANS, 0, None, _message(one, examined))


def _message(use: PlanUse, examined: Examined) -> str:
    plan = use.plan if use.plan.isprintable() else ascii(use.plan)
    meant = Spellings(examined.plans).meant_by(plan)
    renamed = "" if meant is None else f" (did you mean {meant}?)"
    who = [f"{use.tenants} have it"] if use.tenants else []
    if use.pending:
        who.append(f"{use.pending} get it when their period ends")
    today = "would have" if use.is_declared else "have already"
    listed = f"doorward tenants list --plan={shlex.quote(plan)}"
    return (
        f"there is no plan {plan}{renamed}, and of the tenants {' and '.join(who)}: they {today} no feature, and 0 of"
        f" every limit; keep the plan, give it no more, and remove it once `{listed}` shows none"
    )
