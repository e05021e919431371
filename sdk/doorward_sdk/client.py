"""The client: questions in, answers out. An outage is a denied answer, never an exception."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, TypeVar, overload
from urllib.parse import urlencode

from doorward_sdk.access.checks import Checks
from doorward_sdk.access.questions import Question
from doorward_sdk.billing.plans import Plans
from doorward_sdk.billing.subscriptions import Subscriptions
from doorward_sdk.errors import ConfigurationError
from doorward_sdk.flags.administration import Flags
from doorward_sdk.flags.values import FlagValues, flag_context
from doorward_sdk.limits.calls import LimitCalls
from doorward_sdk.location import Locator, check_key
from doorward_sdk.policy.wire import all_items, change_of, made_of, role_of, rule_of
from doorward_sdk.records.encryption import Encryption
from doorward_sdk.records.keys import Keys
from doorward_sdk.records.sessions import Sessions
from doorward_sdk.records.tenants import Tenants
from doorward_sdk.records.users import Users
from doorward_sdk.records.wire import verdict_of
from doorward_sdk.transport.to_sidecar import SidecarTransport, bearer
from doorward_sdk.wire.api import Api
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from doorward_sdk.access.answers import Decision
    from doorward_sdk.entities import EntityLike
    from doorward_sdk.flags.answers import FlagDetails
    from doorward_sdk.policy.declared import PendingChange, PolicyChange, Role, Rule
    from doorward_sdk.records.recorded import PasswordVerdict
    from doorward_sdk.transport.seam import Response, Transport

DEFAULT_TIMEOUT_SECONDS = 0.25
_RULES = "/v1/rules"
_ROLES = "/v1/roles"
_Value = TypeVar("_Value")


class Doorward(LimitCalls):
    """A client of one Doorward sidecar. It may be shared by threads, and used on after a fork.

    Nothing is read or connected until the first question, so the sidecar may start later than the host.

    Args:
        url: `http://`, `https://`, `unix:/path` or `host:port`. None: `DOORWARD_URL`, else the sidecar that
            runs on the state folder (`DOORWARD_STATE`, else `.doorward`).
        key: the API key. None: `DOORWARD_KEY`, else the admin key of the state folder, for its sidecar only.
        timeout: seconds for one request: connecting, sending and the whole answer.
        transport: carries the requests instead; then nothing but a `key` given here is sent along, and
            closing the transport is its maker's business.

    Attributes:
        tenants: who is served.
        users: who may log in and hold roles.
        sessions: who is logged in.
        keys: what programs ask with.
        flags: feature flags, to administer; `flag` asks for a value.
        plans: what is sold.
        subscriptions: what tenants pay for.
        encryption: the key that seals what is recorded.

    Raises:
        ConfigurationError: an address, a key or the time limit cannot be used.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        transport: Transport | None = None,
    ) -> None:
        self._timeout = _checked_timeout(timeout)
        self._own: SidecarTransport | None = None
        if transport is None:
            self._own = SidecarTransport(Locator(url, key, os.environ))
            self._use(self._own, ())
            return
        if url is not None:
            raise ConfigurationError("give url or transport, not both: a transport knows where it leads")
        self._use(transport, bearer(None if key is None else check_key(key)))

    def _use(self, transport: Transport, key_headers: tuple[tuple[str, str], ...]) -> None:
        self._api = api = Api(transport, key_headers, self._timeout)
        self._checks = Checks(api)
        self._flag_values = FlagValues(api)
        self.tenants = Tenants(api)
        self.users = Users(api, self._checks)
        self.sessions = Sessions(api)
        self.keys = Keys(api)
        self.flags = Flags(api)
        self.plans = Plans(api)
        self.subscriptions = Subscriptions(api)
        self.encryption = Encryption(api)

    def check(  # noqa: PLR0913 - the parts of a question
        self,
        subject: EntityLike | None,
        action: str,
        resource: EntityLike,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        roles: Iterable[str] = (),
        explain: bool = False,
    ) -> Decision:
        """May `subject` do `action` on `resource`? The arguments are those of Question.

        Raises:
            CallError: the question itself is malformed.
        """
        return self._checks.one(
            Question(subject, action, resource, tenant=tenant, context=context, roles=roles, explain=explain)
        )

    def check_many(self, questions: Iterable[Question]) -> list[Decision]:
        """One answer for each question, in their order; one request for every 500 of them.

        Raises:
            CallError: a question is malformed; none was asked.
        """
        return self._checks.many(questions)

    @overload
    def flag(
        self,
        key: str,
        default: None,
        *,
        tenant: str | None = ...,
        context: Mapping[str, object] | None = ...,
        subject: EntityLike | None = ...,
    ) -> object: ...
    @overload
    def flag(
        self,
        key: str,
        default: _Value,
        *,
        tenant: str | None = ...,
        context: Mapping[str, object] | None = ...,
        subject: EntityLike | None = ...,
    ) -> _Value: ...
    def flag(
        self,
        key: str,
        default: object,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        subject: EntityLike | None = None,
    ) -> object:
        """The value of a feature flag; `default` where there is no such flag, none of its type, or no answer.

        Args:
            key: the flag's.
            default: a value of the flag's type, that of the flag if it is None.
            tenant: the tenant's id; None: that of `acting_as`, if it names one, else the sidecar's choice.
            context: what rules of flags may read as `r.ctx.context`; JSON values.
            subject: `"user:ID"`; None: the subject of `acting_as`, if it is a user who acts in the same tenant.

        Raises:
            CallError: the call itself is wrong, whatever the sidecar would say.
        """
        return self.flag_details(key, default, tenant=tenant, context=context, subject=subject).value

    def flag_details(
        self,
        key: str,
        default: _Value,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        subject: EntityLike | None = None,
    ) -> FlagDetails[_Value]:
        """The value of a feature flag with its variant and reason, or why it is the default. Raises as `flag`."""
        return self._flag_values.one(key, default, flag_context(tenant, context, subject))

    def request(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> Response:
        """Send a request to the administrative API.

        A POST, PUT, PATCH or DELETE carries an `Idempotency-Key` of its own. If the connection breaks before its
        answer is there, it is sent once more, and by that key the sidecar can tell it from another request.

        Args:
            method: `GET`, `POST` and so on.
            path: path and query, starting with `/`.
            body: a JSON value; None sends no body.
            timeout: seconds, instead of the client's.

        Raises:
            Unreachable: no sidecar answered (DeadlineExceeded: not in time).
            NotPermitted: the key is missing, unknown, or lacks a scope.
            ProblemResponse: the sidecar refused the request for another reason.
            MalformedAnswer: what answered is no sidecar.
            CallError: the request cannot be sent.
        """
        limit = self._timeout if timeout is None else _checked_timeout(timeout)
        return self._api.send(method, path, body, seconds=limit)

    def rules(self) -> list[Rule]:
        """Every access rule of the policy, in file order. Raises as `request`."""
        return all_items(lambda target: self.request("GET", target), _RULES, rule_of)

    def rule(self, name: str) -> Rule:
        """One access rule. Raises NotFound, and as `request`."""
        return rule_of(self.request("GET", path_of(_RULES, name)).json())

    def create_access_rule(  # noqa: PLR0913 - the parts of a rule
        self,
        name: str,
        description: str,
        resource: str,
        action: str,
        conditions: Mapping[str, object],
        *,
        reason: str = "",
    ) -> Rule | PendingChange:
        """Declare an access rule, in a commit; it is served when this returns, unless changes are reviewed there.

        Args:
            name: its name.
            description: what it is for.
            resource: a type of resources, like `agents`.
            action: an action, or `*`.
            conditions: `min_role`, the least role (needed), and `subscription_required`.
            reason: why, for the commit.

        Raises:
            Conflict: there is such a rule, or the policy cannot be written to.
            PolicyRefused: the policy would not load with it.
            RequestFailed: as `request`.
        """
        body = {
            "name": name,
            "description": description,
            "resource": resource,
            "action": action,
            "conditions": dict(conditions),
            "reason": reason,
        }
        return made_of(self._api.change_policy("POST", _RULES, body), rule_of)

    def delete_rule(self, name: str, *, reason: str = "") -> PolicyChange | PendingChange:
        """Take an access rule away, with its gates and description. Raises NotFound, and as `create_access_rule`."""
        query = f"?{urlencode({'reason': reason})}" if reason else ""
        return made_of(self._api.change_policy("DELETE", path_of(_RULES, name) + query), change_of)

    def roles(self) -> list[Role]:
        """Every role that the policy names, by name. Raises as `request`."""
        return all_items(lambda target: self.request("GET", target), _ROLES, role_of)

    def role(self, name: str) -> Role:
        """One role. Raises NotFound, and as `request`."""
        return role_of(self.request("GET", path_of(_ROLES, name)).json())

    def create_role(
        self, name: str, description: str = "", permissions: Iterable[str] = (), *, reason: str = ""
    ) -> Role | PendingChange:
        """Declare a role with permissions like `view_agents`. Raises as `create_access_rule`."""
        body = {"name": name, "description": description, "permissions": list(permissions), "reason": reason}
        return made_of(self._api.change_policy("POST", _ROLES, body), role_of)

    @property
    def changed_revision(self) -> str | None:
        """The policy revision that this client's last change is served with, for some seconds; else None."""
        return self._api.own_changes.revision

    def validate_password(self, password: str) -> PasswordVerdict:
        """Whether a password is what the security policy asks for, with all that it lacks. Raises RequestFailed."""
        return verdict_of(self._api.ask("/v1/security/validate-password", {"password": password}))

    def close(self) -> None:
        """Close the client's connections; it cannot be used after this."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Doorward:  # noqa: PYI034 - typing.Self came with 3.11
        """The client itself, closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _checked_timeout(seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise ConfigurationError(f"timeout {seconds!r}: give seconds, more than 0")
    return seconds
