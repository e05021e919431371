"""Endpoints of what is recorded of flags: the values that tenants have."""

from typing import Final

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.flags.overrides import FlagOverrideEndpoints
from doorward.web.flags.wire import OverrideBody, OverrideItem, OverrideList
from doorward.web.record_rows import MISSING, PAGES, changing, reading

_PAGES: Final = PAGES | {"cursor": Parameter("`next` of the page before; left out for the first")}


def overrides_rows(overrides: FlagOverrideEndpoints) -> list[Endpoint]:
    """Overrides of flags."""
    scope = Scope.FLAGS_WRITE
    of_flag = "/v1/flags/{flag}/overrides"
    one = of_flag + "/{tenant}"
    return [
        reading(
            scope,
            "/v1/flag-overrides",
            "flags_all_overrides",
            "The overrides of all flags, by tenant",
            overrides.list_all,
            OverrideList,
            _PAGES,
            from_policy=True,
        ),
        reading(
            scope,
            of_flag,
            "flags_overrides",
            "The tenants that have their own value of a flag",
            overrides.of_flag,
            OverrideList,
            _PAGES,
            from_policy=True,
        ),
        reading(
            scope,
            one,
            "flags_show_override",
            "A tenant's own value",
            overrides.show,
            OverrideItem,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("PUT", one),
            "flags_set_override",
            "Give a tenant its own value of a flag",
            overrides.set,
            {200: OverrideItem, **MISSING},
            body=OverrideBody,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("DELETE", one),
            "flags_remove_override",
            "Take a tenant's own value away",
            overrides.remove,
            {204: None, **MISSING},
            versioned=True,
        ),
    ]
