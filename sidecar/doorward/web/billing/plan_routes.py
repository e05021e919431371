"""Which endpoints list and declare plans, and say who has them."""

from doorward.domain.callers import Scope
from doorward.web.billing.plan_use import PlanUseEndpoints, PlanUseList
from doorward.web.billing.plan_wire import NewPlanBody, PlanItem, PlanList
from doorward.web.billing.plans import PlanEndpoints
from doorward.web.endpoints import Endpoint
from doorward.web.policy.routes import PAGES, reading, writing
from doorward.web.policy.wire import ProposedChange
from doorward.web.record_rows import PAGES as ID_PAGES
from doorward.web.record_rows import reading as reading_records
from doorward.web.wire import ProblemDetails


def plan_endpoints(plans: PlanEndpoints) -> list[Endpoint]:
    """Plans as the policy declares them."""
    return [
        reading("/v1/plans", "plans_list", "The plans, by name", plans.list_all, {200: PlanList}, PAGES),
        reading("/v1/plans/{name}", "plans_show", "One plan", plans.show, {200: PlanItem, 404: ProblemDetails}),
        writing(
            ("POST", "/v1/plans"),
            "plans_create",
            "Declare a plan, in a commit",
            plans.create,
            {201: PlanItem, 202: ProposedChange},
            body=NewPlanBody,
        ),
    ]


def plan_use_rows(plan_use: PlanUseEndpoints) -> list[Endpoint]:
    """The plans that tenants have."""
    return [
        reading_records(
            Scope.ADMIN_TENANTS,
            "/v1/tenant-plans",
            "tenants_plans",
            "The plans that tenants have, and how many have each",
            plan_use.list_all,
            PlanUseList,
            ID_PAGES,
        ),
    ]
