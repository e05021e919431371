"""Tenants over HTTP."""

from collections.abc import Sequence
from typing import Any

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, DoorwardError
from doorward.domain.plans import PlanLimit
from doorward.domain.record_names import check_domain
from doorward.domain.tenants import SETTABLE_STATUSES, NewTenant, TenantFilter, TenantStatus, checked_changes
from doorward.services.tenants import ShownTenant, TenantService
from doorward.web.http import Request, Response, json_response
from doorward.web.limits.overrides import amount_of
from doorward.web.pages import read_query
from doorward.web.recorded import (
    actor_of,
    change,
    flag,
    id_page,
    item_response,
    no_content,
    read_id_page,
    wanted_versions,
)
from doorward.web.records.imports import import_response
from doorward.web.records.wire import NewTenantBody, TenantImport, TenantItem, TenantList
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of
from doorward.web.wire import to_body


class TenantEndpoints:
    """/v1/tenants and below."""

    def __init__(self, tenants: TenantService) -> None:
        self._tenants = tenants

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some tenants."""
        after, count, given = read_id_page(request, ("status", "plan", "domain"))
        domain = given.get("domain")
        wanted = TenantFilter(
            status=_status(given.get("status")),
            plan=given.get("plan"),
            domain=None if domain is None else check_domain("domain", domain),
        )
        found = self._tenants.page(actor_of(request, caller), wanted, after, count + 1)
        page, following = id_page(found, count, lambda one: one.tenant.id)
        return json_response(200, TenantList(items=[_item(one) for one in page], next=following))

    def show(self, request: Request, caller: Caller) -> Response:
        """One tenant."""
        read_query(request, ())
        return _answer(200, self._tenants.find(actor_of(request, caller), request.parameters["tenant"]))

    def create(self, request: Request, caller: Caller) -> Response:
        """Record a tenant."""
        read_query(request, ())
        new = _new(decode_object(request.body))
        return change(
            "tenants_create",
            request,
            caller,
            lambda actor: self._tenants.create(actor, new),
            lambda made: _answer(201, made),
        )

    def import_many(self, request: Request, caller: Caller) -> Response:
        """Record several tenants."""
        read_query(request, ())
        body = to_body(decode_object(request.body), TenantImport)
        given = [_new_or_fault(one) for one in body.items]
        return change(
            "tenants_import",
            request,
            caller,
            lambda actor: self._tenants.add_many(actor, given, dry_run=body.dry_run),
            import_response,
        )

    def update(self, request: Request, caller: Caller) -> Response:
        """Change fields of a tenant."""
        read_query(request, ())
        fields = checked_changes(decode_object(request.body))
        wanted = wanted_versions(request)
        return change(
            "tenants_update",
            request,
            caller,
            lambda actor: self._tenants.update(actor, request.parameters["tenant"], fields, wanted),
            lambda changed: _answer(200, changed),
        )

    def delete(self, request: Request, caller: Caller) -> Response:
        """Delete a tenant, or purge it."""
        purge = flag(read_query(request, ("purge",)), "purge")
        wanted = wanted_versions(request)
        act = self._tenants.purge if purge else self._tenants.delete
        return change(
            "tenants_delete",
            request,
            caller,
            lambda actor: act(actor, request.parameters["tenant"], wanted),
            no_content,
        )


def _new(value: dict[str, Any]) -> NewTenant:
    body = to_body(value, NewTenantBody)
    return NewTenant.checked(id=body.id, name=body.name, domain=body.domain, plan=body.plan, settings=body.settings)


def _new_or_fault(value: dict[str, Any]) -> NewTenant | DoorwardError:
    try:
        return _new(value)
    except BadRequest as error:
        return error


def _status(given: str | None) -> TenantStatus | None:
    if given is None:
        return None
    if given not in SETTABLE_STATUSES:
        raise BadRequest(f"status must be {' or '.join(SETTABLE_STATUSES)}")
    return TenantStatus(given)


def _answer(status: int, shown: ShownTenant) -> Response:
    return item_response(status, _item(shown), shown.tenant.version)


def _item(shown: ShownTenant) -> TenantItem:
    tenant = shown.tenant
    return TenantItem(
        id=tenant.id,
        name=tenant.name,
        domain=tenant.domain,
        plan=shown.plan_name,
        status=tenant.status,
        settings=dict(tenant.settings),
        limits={name: _amounts(several) for name, several in shown.limits.items()},
        features=[] if shown.plan is None else list(shown.plan.features),
        created_at=time_of(tenant.created_at),
        updated_at=time_of(tenant.updated_at),
        version=tenant.version,
    )


def _amounts(several: Sequence[PlanLimit]) -> int | str | dict[str, int | str]:
    """How much there is of a limit; where it is counted in several ways, how much per each."""
    if len(several) == 1:
        return amount_of(several[0])
    return {one.per: amount_of(one) for one in several}
