"""What is set of the enterprise features, over HTTP."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from doorward.domain.callers import Caller, Scope
from doorward.web.endpoints import Endpoint
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query


class Setting(NamedTuple):
    """A setting: its name, its value, where that is from, and whether anything heeds it."""

    name: str
    value: bool | int | str | None
    origin: str
    is_heeded: bool


class SettingItem(Struct):
    """A setting by its name in the file of DOORWARD_CONFIG; `value` is null where nobody sets it.

    `origin` is a variable, a place in a file, or `built-in`. One that is `unheeded` changes nothing.
    """

    name: str
    value: bool | int | str | None
    origin: str
    unheeded: bool


class SettingList(Struct):
    """All settings."""

    items: list[SettingItem]
    next: str | None


def settings_endpoint(settings: Callable[[], Sequence[Setting]]) -> Endpoint:
    """GET /v1/settings."""

    def list_all(request: Request, _caller: Caller) -> Response:
        read_query(request, ())
        items = [
            SettingItem(name=one.name, value=one.value, origin=one.origin, unheeded=not one.is_heeded)
            for one in settings()
        ]
        return json_response(200, SettingList(items=items, next=None))

    return Endpoint(
        method="GET",
        path="/v1/settings",
        name="settings_list",
        summary="The settings of the enterprise features, and where each value is from",
        handler=list_all,
        scope=Scope.POLICY_READ,
        answers={200: SettingList},
        unbound=True,
    )
