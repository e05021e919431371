"""A sidecar put together: services over a policy, endpoints over services, the front door over endpoints."""

import contextlib
import functools
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import flask

from doorward.bootstrap.followed import DIRECT, remote_branch, work_tree
from doorward.bootstrap.policies import AcceptedUntilChanged, StillPolicy
from doorward.bootstrap.record_services import limit_services, make_recorder, record_services
from doorward.bootstrap.recorded import RecordedState, nothing_recorded
from doorward.bootstrap.settings_told import settings_of
from doorward.bootstrap.usage_services import usage_services
from doorward.configuration import Configuration
from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import PolicyInvalid, SourceUnreadable
from doorward.domain.git_address import GitAddress
from doorward.policy import Snapshot
from doorward.policy.edit import Editor
from doorward.policy.tree import max_bytes
from doorward.services.access import AccessService
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.enforce import EnforceService
from doorward.services.flags import FlagService
from doorward.services.guard import GuardService
from doorward.services.limits import Allowances, Exceeding, UsageConditions
from doorward.services.plan_use import PlanUseService, UndeclaredPlans
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.services.ports import Clock, LastGoodPolicy, Pace, PolicyRepository, PolicySource
from doorward.services.revisions import Revisions
from doorward.settings import Writing
from doorward.sources.git.source import GitSource, Trust
from doorward.web.access.enforce import EnforceEndpoints
from doorward.web.access.evaluation import AccessEndpoints
from doorward.web.billing.plan_routes import plan_endpoints
from doorward.web.billing.plans import PlanEndpoints
from doorward.web.endpoints import Gate
from doorward.web.flags.declared import FlagEndpoints
from doorward.web.flags.ofrep import OfrepEndpoints
from doorward.web.flags.routes import flag_endpoints, ofrep_endpoints, preflight_endpoints
from doorward.web.http import Headers
from doorward.web.limits.routes import limit_endpoints
from doorward.web.metrics import Meter, Metrics
from doorward.web.openapi import describe
from doorward.web.operation import OperationEndpoints
from doorward.web.policy.changes import PolicyChangeEndpoints
from doorward.web.policy.roles import RoleEndpoints
from doorward.web.policy.routes import ChangeEndpoints
from doorward.web.policy.rules import RuleEndpoints
from doorward.web.policy.served import PolicyEndpoints
from doorward.web.policy.webhook import Webhook
from doorward.web.record_routes import record_endpoints
from doorward.web.routes import openapi_endpoint, policy_endpoints
from doorward.web.serving.door import Door
from doorward.web.serving.flask_app import create_app
from doorward.web.settings import settings_endpoint

Handle = Callable[[str, str, Headers, bytes], tuple[int, Headers, bytes]]

DEFAULT_BASE_URL: Final = "https://127.0.0.1:8642"
NOT_CONFIGURED: Final = Configuration()


@dataclass(slots=True)
class Application:
    """A sidecar without a server: its front door, its Flask application, its policy, what is recorded."""

    policy: PolicyService
    recorded: RecordedState
    authenticator: Authenticator
    door: Door
    flask: flask.Flask
    undeclared_plans: UndeclaredPlans
    draining: bool = field(default=False)

    def start(self) -> None:
        """Read what must be known of records, and load the first policy.

        Raises:
            StoreUnavailable: the database does not answer.
            EncryptionFailed: the master key is another one.
            PolicyInvalid, SourceUnreadable: there is no policy to serve.
        """
        self.recorded.start(self.authenticator)
        self.policy.start()

    def close(self) -> None:
        """Give up what is open; nothing can be recorded any more."""
        self.recorded.close()

    def follow(self) -> None:
        """Read the policy again; what cannot be read or does not load is logged and shown, and changes nothing."""
        with contextlib.suppress(PolicyInvalid, SourceUnreadable):
            self.policy.reload()

    def drain(self) -> None:
        """Say from now on that no new requests should be sent."""
        self.draining = True


def build_application(  # noqa: PLR0913 - the parts that differ
    source: PolicySource,
    authenticator: Authenticator,
    *,
    last_good: LastGoodPolicy | None = None,
    repository: PolicyRepository | None = None,
    public_base_url: str | Callable[[], str] = DEFAULT_BASE_URL,
    pace: Pace = lambda: None,
    webhook: Webhook | None = None,
    recorded: RecordedState | None = None,
    cors_origins: Sequence[str] = (),
    configuration: Configuration = NOT_CONFIGURED,
    clock: Clock = time.time,
) -> Application:
    """Put the parts together; call `start()` then. Without `recorded`, policy answers alone, and nothing is kept.

    What is asked and recorded is asked and recorded at the time of `clock`.
    """
    recorded = recorded or nothing_recorded()
    facts = recorded.facts
    facts.on_keys(authenticator.follow)
    policy = PolicyService(source, last_good, time.time, pace)
    meter = Meter()
    revisions = Revisions(policy, repository)
    gate = Gate(authenticator, meter, revisions.wait, lambda: policy.served_revision, facts, revisions.has)
    application: Application
    allowances = Allowances()
    usage = UsageConditions(recorded.usage, allowances, lambda: policy.current)
    decisions = AccessService(clock, usage)
    access = AccessEndpoints(decisions, policy, facts, meter)
    enforce = EnforceEndpoints(EnforceService(clock), policy, meter)
    recorder = make_recorder(recorded, clock)
    plan_use = PlanUseService(recorded.plan_use, lambda: policy.current, clock)
    undeclared = UndeclaredPlans(plan_use, policy, time.monotonic, logging.getLogger("doorward.plans"))
    changing = PolicyChangeService(Editor(pace, lambda: _snapshot_of(policy)), repository, policy)
    changes = ChangeEndpoints(
        rules=RuleEndpoints(policy, changing, recorder),
        roles=RoleEndpoints(policy, changing, recorder),
        history=PolicyChangeEndpoints(policy, changing),
    )
    operation = OperationEndpoints(
        policy,
        facts,
        Metrics(meter, policy, facts, undeclared),
        public_base_url if callable(public_base_url) else lambda: public_base_url,
        lambda: application.draining,
        undeclared,
    )
    endpoints = policy_endpoints(access, enforce, PolicyEndpoints(policy, webhook), changes, operation)
    endpoints += plan_endpoints(PlanEndpoints(policy, changing, recorder))
    flags = FlagService(clock, usage)
    ofrep = OfrepEndpoints(flags, policy, facts, meter, clock, cors_origins)
    endpoints += ofrep_endpoints(ofrep)
    endpoints += flag_endpoints(FlagEndpoints(flags, policy, facts, meter, changing, recorder))
    guard = GuardService(decisions, flags)
    endpoints += limit_endpoints(*limit_services(recorded, allowances, policy, guard, meter, clock=clock))
    endpoints += usage_services(recorded, recorder, allowances, policy, clock)
    exceeded = Exceeding(allowances, recorded.usage, lambda: policy.current, recorder.now)
    endpoints += record_endpoints(
        record_services(recorder, recorded.facts, policy, decisions, exceeded, plan_use, configuration)
    )
    endpoints.append(settings_endpoint(settings_of(configuration, lambda: policy.current.security)))
    endpoints.append(openapi_endpoint(functools.cache(lambda: describe(described))))
    described = tuple(endpoints)
    if cors_origins:
        endpoints += preflight_endpoints(ofrep)
    app = create_app(endpoints, gate)
    door = Door(endpoints, gate, app.wsgi_app)
    application = Application(
        policy=policy,
        recorded=recorded,
        authenticator=authenticator,
        door=door,
        flask=app,
        undeclared_plans=undeclared,
    )
    return application


def _snapshot_of(policy: PolicyService) -> Snapshot | None:
    """What is served, where it is one of ours."""
    served = policy.current
    return served if isinstance(served, Snapshot) else None


def folder_application(  # noqa: PLR0913 - the parts that differ
    policy: Path,
    authenticator: Authenticator,
    *,
    public_base_url: str = DEFAULT_BASE_URL,
    writing: Writing = DIRECT,
    recorded: RecordedState | None = None,
    configuration: Configuration = NOT_CONFIGURED,
    clock: Clock = time.time,
) -> Application:
    """An application that serves a folder; it records where it is given what records, else it keeps nothing.

    Raises:
        PolicyInvalid: the folder does not load.
        StoreUnavailable: the database cannot be used.
    """
    application = build_application(
        StillPolicy(policy),
        authenticator,
        repository=work_tree(policy, writing),
        public_base_url=public_base_url,
        recorded=recorded,
        configuration=configuration,
        clock=clock,
    )
    application.start()
    return application


def in_process(policy: Path) -> Handle:
    """Answer requests from a policy folder in this process, with every scope and no key. For tests.

    Raises:
        PolicyInvalid: the folder does not load.
    """
    everything = Authenticator({}, anonymous=Caller("in-process", ALL_SCOPES))
    return folder_application(policy, everything).door.handle


def make_authenticator(key: str | None, *, no_auth: bool) -> Authenticator:
    """Knows recorded keys, once they are told, and a `key` with every scope, if there is one.

    With `no_auth`, callers without a key may decide and read flags.
    """
    anonymous = Caller("anonymous", frozenset({Scope.DECIDE, Scope.FLAGS_READ})) if no_auth else None
    known = {} if key is None else {key_hash(key): Caller("admin", ALL_SCOPES)}
    return Authenticator(known, anonymous)


def operator_authenticator() -> Authenticator:
    """Takes whoever asks without a key for the operator: for commands that open the database themselves."""
    return Authenticator({}, anonymous=Caller("operator", ALL_SCOPES))


def accepted_application(  # noqa: PLR0913 - the parts that differ
    address: GitAddress,
    state: Path,
    trust: Trust,
    authenticator: Authenticator,
    *,
    writing: Writing = DIRECT,
    recorded: RecordedState | None = None,
    configuration: Configuration = NOT_CONFIGURED,
) -> Application:
    """An application that serves what was accepted last of a repository; nothing is fetched until it is changed.

    Raises:
        PolicyInvalid: there is nothing that a sidecar has accepted, or it is damaged or no longer trusted.
    """
    source = GitSource(address, state, time.time, max_bytes, trust=trust)
    repository = remote_branch(source, trust, writing)
    application = build_application(
        AcceptedUntilChanged(source),
        authenticator,
        repository=repository,
        recorded=recorded,
        configuration=configuration,
    )
    application.start()
    return application
