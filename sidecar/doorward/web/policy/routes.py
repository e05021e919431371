"""Which endpoints list and change rules and roles, and how such endpoints are written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.domain.callers import Scope
from doorward.web.endpoints import Answers, Endpoint, Handler, Parameter
from doorward.web.policy.changes import PolicyChangeEndpoints
from doorward.web.policy.roles import RoleEndpoints
from doorward.web.policy.rules import RuleEndpoints
from doorward.web.policy.wire import (
    CommitList,
    NewRoleBody,
    NewRuleBody,
    ProposalList,
    ProposedChange,
    RoleItem,
    RoleList,
    RuleItem,
    RuleList,
    WrittenChange,
)
from doorward.web.wire import ProblemDetails

PAGES: Final = {
    "cursor": Parameter("`next` of the page before; left out for the first", {"pattern": "^[0-9]{1,9}$"}),
    "limit": Parameter("How many items at most; 100 where it is left out"),
}
_REASON: Final = {"reason": Parameter("Why, in one line; it is kept in the commit")}
_REFUSALS: Final[Mapping[int, type]] = dict.fromkeys((409, 422), ProblemDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEndpoints:
    """The handlers, by what they are about."""

    rules: RuleEndpoints
    roles: RoleEndpoints
    history: PolicyChangeEndpoints


def change_endpoints(handlers: ChangeEndpoints) -> list[Endpoint]:
    """Rules, roles, and the commits that changed policy."""
    rules, roles, history = handlers.rules, handlers.roles, handlers.history
    missing: Answers = {404: ProblemDetails}
    return [
        reading("/v1/rules", "rules_list", "The rules, in file order", rules.list_all, {200: RuleList}, PAGES),
        reading("/v1/rules/{name}", "rules_show", "One rule", rules.show, {200: RuleItem, **missing}),
        writing(
            ("POST", "/v1/rules"),
            "rules_create",
            "Declare an access rule, in a commit",
            rules.create,
            {201: RuleItem, 202: ProposedChange},
            body=NewRuleBody,
        ),
        writing(
            ("DELETE", "/v1/rules/{name}"),
            "rules_delete",
            "Take an access rule away, with its gates and its description, in a commit",
            rules.delete,
            {200: WrittenChange, 202: ProposedChange, **missing},
            parameters=_REASON,
        ),
        reading("/v1/roles", "roles_list", "The roles, by name", roles.list_all, {200: RoleList}, PAGES),
        reading("/v1/roles/{name}", "roles_show", "One role", roles.show, {200: RoleItem, **missing}),
        writing(
            ("POST", "/v1/roles"),
            "roles_create",
            "Declare a role, in a commit",
            roles.create,
            {201: RoleItem, 202: ProposedChange},
            body=NewRoleBody,
        ),
        reading(
            "/v1/policy/revisions",
            "policy_revisions",
            "The commits of the policy, the newest first",
            history.revisions,
            {200: CommitList},
            PAGES,
        ),
        reading(
            "/v1/policy/proposals",
            "policy_proposals",
            "The changes that wait to be merged",
            history.proposals,
            {200: ProposalList},
            patient=True,
        ),
    ]


def reading(  # noqa: PLR0913, PLR0917 - the columns of the table
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    answers: Answers,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    patient: bool = False,
) -> Endpoint:
    """The row of an endpoint that shows what the policy declares."""
    return Endpoint(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=Scope.POLICY_READ,
        answers=answers,
        parameters=parameters or {},
        unbound=True,
        from_policy=True,
        patient=patient,
    )


def writing(  # noqa: PLR0913 - the columns of the table
    route: tuple[str, str],
    name: str,
    summary: str,
    handler: Handler,
    answers: Answers,
    *,
    body: type | None = None,
    parameters: Mapping[str, Parameter] | None = None,
) -> Endpoint:
    """A change of what is declared: a commit."""
    method, path = route
    return Endpoint(
        method=method,
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=Scope.POLICY_WRITE,
        answers={**answers, **_REFUSALS},
        body=body,
        parameters=parameters or {},
        unbound=True,
        from_policy=True,
        patient=True,
        once=True,
    )
