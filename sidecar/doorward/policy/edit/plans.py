"""Plans written into policies/plans.csv and policies/catalog.yaml: rows and an entry, and not a letter else."""

from collections.abc import Callable

from doorward.domain.errors import Conflict
from doorward.domain.new_plans import NewPlan
from doorward.domain.plans import UNLIMITED, Plan
from doorward.domain.policy_changes import Files
from doorward.policy.edit.changed import BY_HAND, ChangedTree
from doorward.policy.edit.rows import add_rows
from doorward.policy.plans import model_text
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import FLAGS, PLANS, PLANS_MODEL


def add_plan(before: Snapshot, new: NewPlan, pace: Callable[[], None]) -> Files:
    """The files with a plan.

    Raises Conflict where there is one of that name or the files cannot be edited, BadRequest where nobody can say what
    a limit is counted in.
    """
    known = before.plans.get(new.name)
    if known is not None:
        raise Conflict(f"the plan {new.name} exists already, in {known.place}; take another name, or {BY_HAND}")
    _check_features(before, new)
    plan = wanted_plan(before, new)
    tree = ChangedTree(before, pace)
    tree.enter("plans", new.name, _values(new))
    files = dict(tree.files)
    limits = [
        ("p", plan.name, one.limit, one.per.value, UNLIMITED if one.amount is None else str(one.amount))
        for one in plan.limits
    ]
    features = [("p2", plan.name, one) for one in plan.features]
    if limits or features:
        text = files.get(PLANS, b"").decode("utf-8")
        files[PLANS] = add_rows(add_rows(text, limits, "p"), features, "p2").encode("utf-8")
        files.setdefault(PLANS_MODEL, model_text().encode("utf-8"))
    return files


def check_plan_added(before: Snapshot, after: Snapshot, new: NewPlan) -> None:
    """Raise Conflict unless a policy declares the plans that it declared, and the new one."""
    if dict(after.plans) != {**before.plans, new.name: wanted_plan(before, new)}:
        raise Conflict(f"{PLANS} is laid out in a way that no row can be put into safely; {BY_HAND}")


def wanted_plan(before: Snapshot, new: NewPlan) -> Plan:
    """The plan as the files have to declare it."""
    return new.declared(before.plans.values(), before.catalog.meters)


def _check_features(before: Snapshot, new: NewPlan) -> None:
    """Raise Conflict for a feature that is a flag of its own already: plans would say nothing of it."""
    for feature in new.features:
        flag = before.flags.declared.flags.get(feature)
        if flag is not None and not flag.from_plan:
            raise Conflict(
                f"the feature {feature} is a flag of its own, in {FLAGS}:{flag.line}; give that `from_plan: true`,"
                " or leave the feature out"
            )


def _values(new: NewPlan) -> dict[str, str | int]:
    """The entry of the catalog, without what it need not say."""
    texts = {"name": new.title, "description": new.description}
    days = {"trial_days": new.trial_days, "grace_days": new.grace_days}
    return {
        **{key: text for key, text in texts.items() if text},
        "price_monthly": new.price_monthly,
        "price_yearly": new.price_yearly,
        **{key: count for key, count in days.items() if count},
    }
