"""Overrides of flags over HTTP."""

from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest
from doorward.domain.flag_overrides import NewOverride
from doorward.services.flag_overrides import FlagOverrideService, ShownOverride
from doorward.web.flags.wire import OverrideBody, OverrideItem, OverrideList
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import MOST, PAGE, is_number, read_query, read_text_cursor, text_cursor
from doorward.web.recorded import actor_of, change, id_page, item_response, no_content, wanted_versions
from doorward.web.strict_json import decode_object
from doorward.web.times import read_time, time_of, time_or_null
from doorward.web.wire import to_body

_BETWEEN: Final = "/overrides/"


class FlagOverrideEndpoints:
    """/v1/flags/{flag}/overrides and below, and /v1/flag-overrides."""

    def __init__(self, overrides: FlagOverrideService) -> None:
        self._overrides = overrides

    def of_flag(self, request: Request, caller: Caller) -> Response:
        """Some overrides of a flag."""
        after, count = _read_page(request)
        found = self._overrides.of_flag(actor_of(request, caller), request.parameters["flag"], after, count + 1)
        page, following = id_page(found, count, lambda one: one.override.tenant)
        return json_response(200, OverrideList(items=[_item(one) for one in page], next=text_cursor(following)))

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some overrides of all flags."""
        after, count = _read_page(request)
        tenant, _, flag = after.partition("\n")
        found = self._overrides.page(actor_of(request, caller), (tenant, flag), count + 1)
        page, following = id_page(found, count, lambda one: f"{one.override.tenant}\n{one.override.flag}")
        return json_response(200, OverrideList(items=[_item(one) for one in page], next=text_cursor(following)))

    def show(self, request: Request, caller: Caller) -> Response:
        """One override."""
        read_query(request, ())
        key, tenant = _place(request)
        return _answer(self._overrides.find(actor_of(request, caller), key, tenant))

    def set(self, request: Request, caller: Caller) -> Response:
        """Set an override, in the place of what is there."""
        read_query(request, ())
        body = to_body(decode_object(request.body), OverrideBody)
        key, tenant = _place(request)
        wanted = wanted_versions(request)
        new = NewOverride.checked(
            value=body.value,
            reason=body.reason,
            expires_at=0 if body.expires_at is None else read_time("expires_at", body.expires_at),
            now=self._overrides.now(),
        )
        return change(
            "flags_set_override",
            request,
            caller,
            lambda actor: self._overrides.set(actor, key, tenant, new, wanted),
            _answer,
        )

    def remove(self, request: Request, caller: Caller) -> Response:
        """Take an override away."""
        read_query(request, ())
        key, tenant = _place(request)
        wanted = wanted_versions(request)
        return change(
            "flags_remove_override",
            request,
            caller,
            lambda actor: self._overrides.remove(actor, key, tenant, wanted),
            no_content,
        )


def _place(request: Request) -> tuple[str, str]:
    """The flag and the tenant of a path: the tenant stands behind the last `/overrides/`."""
    whole = request.parameters["flag"] + _BETWEEN + request.parameters["tenant"]
    flag, _, tenant = whole.rpartition(_BETWEEN)
    return flag, tenant


def _read_page(request: Request) -> tuple[str, int]:
    """Where a page begins and how many it has; a cursor is opaque, since tenants of a policy may be called anything."""
    given = read_query(request, ("cursor", "limit"))
    cursor, limit = given.get("cursor", ""), given.get("limit", str(PAGE))
    if not is_number(limit) or not 1 <= int(limit) <= MOST:
        raise BadRequest(f"limit must be a number from 1 to {MOST}")
    return read_text_cursor(cursor) if cursor else "", int(limit)


def _answer(shown: ShownOverride) -> Response:
    return item_response(200, _item(shown), shown.override.version)


def _item(shown: ShownOverride) -> OverrideItem:
    override = shown.override
    return OverrideItem(
        flag=override.flag,
        tenant=override.tenant,
        value=override.value,
        reason=override.reason,
        expires_at=time_or_null(override.expires_at),
        state=shown.state,
        created_at=time_of(override.created_at),
        updated_at=time_of(override.updated_at),
        created_by=override.created_by,
        version=override.version,
    )
