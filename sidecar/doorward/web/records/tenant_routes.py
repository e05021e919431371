"""Endpoints of tenants."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.record_rows import MISSING, PAGES, PURGE, STATUS, changing, reading
from doorward.web.records.tenants import TenantEndpoints
from doorward.web.records.wire import ImportResults, NewTenantBody, TenantChanges, TenantImport, TenantItem, TenantList


def tenants_rows(tenants: TenantEndpoints) -> list[Endpoint]:
    """The tenants."""
    scope = Scope.ADMIN_TENANTS
    one = "/v1/tenants/{tenant}"
    filters = {
        "status": Parameter("Those of a status", STATUS),
        "plan": Parameter("Those of a plan"),
        "domain": Parameter("The one that has a domain", {"examples": ["acme.com"]}),
    }
    return [
        reading(
            scope,
            "/v1/tenants",
            "tenants_list",
            "The tenants, by id",
            tenants.list_all,
            TenantList,
            PAGES | filters,
            from_policy=True,
        ),
        reading(
            scope,
            one,
            "tenants_show",
            "One tenant",
            tenants.show,
            TenantItem,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/tenants"),
            "tenants_create",
            "Record a tenant",
            tenants.create,
            {201: TenantItem},
            body=NewTenantBody,
            from_policy=True,
        ),
        changing(
            scope,
            ("POST", "/v1/tenants/import"),
            "tenants_import",
            "Record up to 500 tenants, each by itself",
            tenants.import_many,
            {200: ImportResults},
            body=TenantImport,
            patient=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("PATCH", one),
            "tenants_update",
            "Change fields of a tenant",
            tenants.update,
            {200: TenantItem, **MISSING},
            body=TenantChanges,
            versioned=True,
            from_policy=True,
        ),
        changing(
            scope,
            ("DELETE", one),
            "tenants_delete",
            "Delete a tenant, or purge it",
            tenants.delete,
            {204: None, **MISSING},
            parameters=PURGE,
            versioned=True,
        ),
    ]
