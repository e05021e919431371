"""What a policy says beside its access rules: catalog, plans, security, flags; they name each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.domain.catalog import Catalog
from doorward.domain.errors import Problem
from doorward.domain.flags import DeclaredFlags
from doorward.domain.plans import Plan, PlanRows, plans_of
from doorward.domain.security import SecurityPolicies
from doorward.engine import Problems
from doorward.engine.flags import Flags
from doorward.policy.catalog import read_catalog
from doorward.policy.flags import read_flags
from doorward.policy.plans import check_plan_model, read_plans
from doorward.policy.security import read_security
from doorward.policy.tree import CATALOG, FLAGS, PLANS, PLANS_MODEL, SECURITY

BESIDE: Final = frozenset({CATALOG, FLAGS, PLANS, PLANS_MODEL, SECURITY})
"""The files that are read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside the access rules."""

    catalog: Catalog
    plans: Mapping[str, Plan]
    security: SecurityPolicies
    flags: Flags


def read_beside(texts: Mapping[str, str | None], faults: list[Problem]) -> Beside:
    """Read the files; what is wrong with them goes to the faults. A file that is missing says nothing."""
    noted = {path: Problems(path) for path in BESIDE}
    catalog, rows, security, flags = Catalog(), dict[str, PlanRows](), SecurityPolicies(), DeclaredFlags()
    if (text := texts.get(PLANS_MODEL)) is not None:
        check_plan_model(text, noted[PLANS_MODEL])
    if (text := texts.get(PLANS)) is not None:
        rows |= read_plans(text, noted[PLANS])
    if (text := texts.get(CATALOG)) is not None:
        catalog = read_catalog(text, noted[CATALOG])
        if not noted[PLANS]:  # else it may be a plan whose rows cannot be read
            _check_after_end(catalog, rows, noted[CATALOG])
    if (text := texts.get(SECURITY)) is not None:
        security = read_security(text, noted[SECURITY])
    features = frozenset(one for plan in rows.values() for one in plan.features)
    if (text := texts.get(FLAGS)) is not None:
        flags = read_flags(text, None if noted[PLANS] else features, noted[FLAGS])
    if noted[FLAGS]:  # what is left of them need not compile
        flags = DeclaredFlags()
    faults += [fault for problems in noted.values() for fault in problems.all()]
    plans = plans_of(rows, catalog.plans, _places(catalog, rows))
    return Beside(catalog=catalog, plans=plans, security=security, flags=Flags(flags, features))


def _places(catalog: Catalog, rows: Mapping[str, PlanRows]) -> Mapping[str, str]:
    """Where each plan is named: what it costs, else its first row."""
    entries = {name: f"{CATALOG}:{catalog.lines['plans'][name]}" for name in catalog.plans}
    return {name: f"{PLANS}:{one.line}" for name, one in rows.items()} | entries


def _check_after_end(catalog: Catalog, rows: Mapping[str, PlanRows], problems: Problems) -> None:
    plan = catalog.after_end
    if plan is not None and plan not in rows and plan not in catalog.plans:
        problems.add(
            catalog.lines[""]["after_end"],
            f"after_end names the plan {plan!r}, which neither {PLANS} nor this file has; name one that is there",
        )
