"""Roles over HTTP: listed, shown and declared."""

from doorward.domain.callers import Caller
from doorward.domain.errors import NotFound
from doorward.domain.policy_changes import Proposed
from doorward.domain.roles import NewRole, Role
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import PolicySnapshot
from doorward.services.recording import Recorder
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import page_of, read_page, read_query
from doorward.web.policy.changes import proposed, revision_header
from doorward.web.policy.wire import InheritedRole, NewRoleBody, RoleItem, RoleList
from doorward.web.recorded import change_beside
from doorward.web.strict_json import decode_object
from doorward.web.wire import to_body


class RoleEndpoints:
    """/v1/roles and /v1/roles/{name}."""

    def __init__(self, policy: PolicyService, changes: PolicyChangeService, recorder: Recorder) -> None:
        self._policy = policy
        self._changes = changes
        self._recorder = recorder

    def list_all(self, request: Request, _caller: Caller) -> Response:
        """Some roles of the served policy."""
        snapshot = self._policy.current
        start, count = read_page(request)
        roles, following = page_of(snapshot.declared.list_roles(start, count + 1), start, count)
        answer = RoleList(items=[_item(one) for one in roles], next=following)
        return json_response(200, answer, revision_header(snapshot.revision))

    def show(self, request: Request, _caller: Caller) -> Response:
        """One role of the served policy."""
        read_query(request, ())
        return _shown(200, self._policy.current, request.parameters["name"])

    def create(self, request: Request, caller: Caller) -> Response:
        """Declare a role: 201 once it is served, 202 where it waits to be merged."""
        return change_beside("roles_create", request, caller, self._recorder, lambda: self._create(request, caller))

    def _create(self, request: Request, caller: Caller) -> Response:
        read_query(request, ())
        body = to_body(decode_object(request.body), NewRoleBody)
        role = NewRole.checked(name=body.name, description=body.description, permissions=body.permissions)
        made = self._changes.create_role(role, caller, body.reason)
        return proposed(made) if isinstance(made, Proposed) else _shown(201, made.snapshot, role.name)


def _shown(status: int, snapshot: PolicySnapshot, name: str) -> Response:
    role = snapshot.declared.find_role(name)
    if role is None:
        raise NotFound(f"there is no role {name[:200]!r}; `doorward roles list` or GET /v1/roles lists them")
    return json_response(status, _item(role), revision_header(snapshot.revision))


def _item(role: Role) -> RoleItem:
    return RoleItem(
        name=role.name,
        description=role.description,
        permissions=list(role.permissions),
        rules=list(role.rules),
        inherits=[InheritedRole(role=one.role, tenant=one.tenant) for one in role.inherits],
    )
