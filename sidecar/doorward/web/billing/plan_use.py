"""Which plans tenants have, over HTTP."""

from msgspec import Struct

from doorward.domain.callers import Caller
from doorward.services.plan_use import PlanUseService
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import page_of, read_page
from doorward.web.recorded import actor_of


class PlanUseItem(Struct):
    """How many tenants have a plan, and how many subscriptions go on with it when their period ends.

    A plan that is not `declared` by the served policy gives no feature, and 0 of every limit.
    """

    plan: str
    tenants: int
    pending: int
    declared: bool


class PlanUseList(Struct):
    """Some plans that tenants have or get, by name."""

    items: list[PlanUseItem]
    next: str | None


class PlanUseEndpoints:
    """/v1/tenant-plans."""

    def __init__(self, use: PlanUseService) -> None:
        self._use = use

    def list_all(self, request: Request, caller: Caller) -> Response:
        """Some plans that tenants have or get."""
        start, count = read_page(request)
        found = self._use.listed(actor_of(request, caller))[start : start + count + 1]
        page, following = page_of(found, start, count)
        items = [PlanUseItem(one.plan, one.tenants, one.pending, one.is_declared) for one in page]
        return json_response(200, PlanUseList(items=items, next=following))
