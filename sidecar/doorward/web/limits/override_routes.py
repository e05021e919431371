"""Endpoints of what is recorded of limits: the amounts that tenants have."""

from typing import Final

from doorward.domain.callers import Scope
from doorward.domain.plans import Per
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.limits.override_wire import LimitOverrideBody, LimitOverrideItem, TenantLimitList
from doorward.web.limits.overrides import LimitOverrideEndpoints
from doorward.web.record_rows import MISSING, changing, reading

_PER: Final = {
    "per": Parameter("What the amount is counted in; needed where the limit has several overrides", {"enum": [*Per]})
}


def limits_rows(overrides: LimitOverrideEndpoints) -> list[Endpoint]:
    """Limits of tenants, and overrides of them."""
    scope = Scope.ADMIN_TENANTS
    of_tenant = "/v1/tenants/{tenant}/limits"
    one = of_tenant + "/{limit}"
    return [
        reading(
            scope,
            of_tenant,
            "limits_of_tenant",
            "What a tenant may have, by its plan and by overrides",
            overrides.of_tenant,
            TenantLimitList,
            from_policy=True,
        ),
        reading(
            scope,
            one,
            "limits_show_override",
            "A tenant's own amount of a limit",
            overrides.show,
            LimitOverrideItem,
            _PER,
            versioned=True,
        ),
        changing(
            scope,
            ("PUT", one),
            "limits_set_override",
            "Give a tenant its own amount of a limit",
            overrides.set,
            {200: LimitOverrideItem, **MISSING},
            body=LimitOverrideBody,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("DELETE", one),
            "limits_remove_override",
            "Take a tenant's own amount of a limit away",
            overrides.remove,
            {204: None, **MISSING},
            parameters=_PER,
            versioned=True,
            from_policy=True,
        ),
    ]
