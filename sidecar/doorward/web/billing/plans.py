"""Plans over HTTP: listed, shown and declared."""

from itertools import islice

from doorward.domain.callers import Caller
from doorward.domain.errors import NotFound
from doorward.domain.new_plans import NewPlan
from doorward.domain.plans import Plan
from doorward.domain.policy_changes import Proposed
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import PolicySnapshot
from doorward.services.recording import Recorder
from doorward.web.billing.plan_wire import NewPlanBody, PlanItem, PlanLimitItem, PlanList
from doorward.web.http import Request, Response, json_response
from doorward.web.limits.overrides import amount_of
from doorward.web.pages import page_of, read_page, read_query
from doorward.web.policy.changes import proposed, revision_header
from doorward.web.recorded import change_beside
from doorward.web.strict_json import decode_object
from doorward.web.wire import to_body


class PlanEndpoints:
    """/v1/plans and /v1/plans/{name}."""

    def __init__(self, policy: PolicyService, changes: PolicyChangeService, recorder: Recorder) -> None:
        self._policy = policy
        self._changes = changes
        self._recorder = recorder

    def list_all(self, request: Request, _caller: Caller) -> Response:
        """Some plans of the served policy."""
        snapshot = self._policy.current
        start, count = read_page(request)
        plans, following = page_of(list(islice(snapshot.plans.values(), start, start + count + 1)), start, count)
        currency = snapshot.catalog.currency
        answer = PlanList(currency=currency, items=[_item(one, currency) for one in plans], next=following)
        return json_response(200, answer, revision_header(snapshot.revision))

    def show(self, request: Request, _caller: Caller) -> Response:
        """One plan of the served policy."""
        read_query(request, ())
        return _shown(200, self._policy.current, request.parameters["name"])

    def create(self, request: Request, caller: Caller) -> Response:
        """Declare a plan: 201 once it is served, 202 where it waits to be merged."""
        return change_beside("plans_create", request, caller, self._recorder, lambda: self._create(request, caller))

    def _create(self, request: Request, caller: Caller) -> Response:
        read_query(request, ())
        body = to_body(decode_object(request.body), NewPlanBody)
        plan = NewPlan.checked(
            name=body.name,
            title=body.title,
            description=body.description,
            price_monthly=body.price_monthly,
            price_yearly=body.price_yearly,
            trial_days=body.trial_days,
            grace_days=body.grace_days,
            features=body.features,
            limits=body.limits,
        )
        made = self._changes.create_plan(plan, caller, body.reason)
        return proposed(made) if isinstance(made, Proposed) else _shown(201, made.snapshot, plan.name)


def _shown(status: int, snapshot: PolicySnapshot, name: str) -> Response:
    plan = snapshot.plans.get(name)
    if plan is None:
        raise NotFound(f"there is no plan {name[:200]!r}; `doorward billing plans` or GET /v1/plans lists them")
    return json_response(status, _item(plan, snapshot.catalog.currency), revision_header(snapshot.revision))


def _item(plan: Plan, currency: str) -> PlanItem:
    return PlanItem(
        name=plan.name,
        title=plan.title,
        description=plan.description,
        currency=currency,
        price_monthly=plan.price_monthly,
        price_yearly=plan.price_yearly,
        trial_days=plan.trial_days,
        grace_days=plan.grace_days,
        features=list(plan.features),
        limits=[PlanLimitItem(limit=one.limit, per=one.per, amount=amount_of(one)) for one in plan.limits],
        place=plan.place or "",
    )
