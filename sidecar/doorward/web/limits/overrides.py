"""Limits of tenants, and overrides of them, over HTTP."""

from doorward.domain.callers import Caller
from doorward.domain.limit_overrides import NewLimitOverride
from doorward.domain.plans import UNLIMITED, Per, PlanLimit, read_per
from doorward.services.limit_overrides import EffectiveLimit, LimitOverrideService, ShownLimitOverride
from doorward.web.http import Request, Response, json_response
from doorward.web.limits.override_wire import LimitOverrideBody, LimitOverrideItem, TenantLimitItem, TenantLimitList
from doorward.web.pages import read_query
from doorward.web.recorded import actor_of, change, item_response, no_content, wanted_versions
from doorward.web.strict_json import decode_object
from doorward.web.times import read_time, time_of, time_or_null
from doorward.web.wire import to_body


class LimitOverrideEndpoints:
    """/v1/tenants/{tenant}/limits and below."""

    def __init__(self, overrides: LimitOverrideService) -> None:
        self._overrides = overrides

    def of_tenant(self, request: Request, caller: Caller) -> Response:
        """What a tenant may have, and where each of it comes from."""
        read_query(request, ())
        found = self._overrides.of_tenant(actor_of(request, caller), request.parameters["tenant"])
        answer = TenantLimitList(
            plan=found.plan,
            items=[_limit(one) for one in found.effective],
            overrides=[_item(one) for one in found.overrides],
        )
        return json_response(200, answer)

    def show(self, request: Request, caller: Caller) -> Response:
        """One override."""
        per = _per(request)
        tenant, limit = _place(request)
        return _answer(self._overrides.find(actor_of(request, caller), tenant, limit, per))

    def set(self, request: Request, caller: Caller) -> Response:
        """Set an override, in the place of what is there."""
        read_query(request, ())
        body = to_body(decode_object(request.body), LimitOverrideBody)
        tenant, limit = _place(request)
        wanted = wanted_versions(request)
        new = NewLimitOverride.checked(
            amount=body.amount,
            per=body.per,
            reason=body.reason,
            expires_at=0 if body.expires_at is None else read_time("expires_at", body.expires_at),
            now=self._overrides.now(),
        )
        return change(
            "limits_set_override",
            request,
            caller,
            lambda actor: self._overrides.set(actor, tenant, limit, new, wanted),
            _answer,
        )

    def remove(self, request: Request, caller: Caller) -> Response:
        """Take an override away."""
        per = _per(request)
        tenant, limit = _place(request)
        wanted = wanted_versions(request)
        return change(
            "limits_remove_override",
            request,
            caller,
            lambda actor: self._overrides.remove(actor, tenant, limit, per, wanted),
            no_content,
        )


def _place(request: Request) -> tuple[str, str]:
    return request.parameters["tenant"], request.parameters["limit"]


def _per(request: Request) -> Per | None:
    given = read_query(request, ("per",)).get("per")
    return None if given is None else read_per("per", given)


def _answer(shown: ShownLimitOverride) -> Response:
    return item_response(200, _item(shown), shown.override.version)


def _item(shown: ShownLimitOverride) -> LimitOverrideItem:
    override = shown.override
    return LimitOverrideItem(
        tenant=override.tenant,
        limit=override.limit.limit,
        per=override.limit.per,
        amount=amount_of(override.limit),
        reason=override.reason,
        expires_at=time_or_null(override.expires_at),
        state=shown.state,
        created_at=time_of(override.created_at),
        updated_at=time_of(override.updated_at),
        created_by=override.created_by,
        version=override.version,
    )


def _limit(one: EffectiveLimit) -> TenantLimitItem:
    return TenantLimitItem(
        limit=one.limit.limit,
        per=one.limit.per,
        amount=amount_of(one.limit),
        source="plan" if one.override is None else "override",
        plan_amount=None if one.of_plan is None else amount_of(one.of_plan),
        reason=None if one.override is None else one.override.reason,
        expires_at=None if one.override is None else time_or_null(one.override.expires_at),
    )


def amount_of(limit: PlanLimit) -> int | str:
    """An amount as the wire has it."""
    return UNLIMITED if limit.amount is None else limit.amount
