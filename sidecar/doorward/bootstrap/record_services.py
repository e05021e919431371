"""The use cases of what is recorded, over a database and a policy."""

import contextlib
import time
from collections.abc import Callable

from doorward import crypto
from doorward.bootstrap.ids import new_id
from doorward.bootstrap.recorded import RecordedState
from doorward.configuration import Configuration
from doorward.domain.access import AccessRequest, Decision
from doorward.domain.callers import Caller
from doorward.domain.errors import StoreUnavailable
from doorward.domain.security import SecurityPolicies
from doorward.domain.users import Account, Grant
from doorward.services.access import AccessService
from doorward.services.api_keys import ApiKeyService
from doorward.services.facts import Facts
from doorward.services.flag_overrides import FlagOverrideService
from doorward.services.guard import GuardService
from doorward.services.limit_overrides import LimitOverrideService
from doorward.services.limits import Allowances, LimitLooking, LimitService
from doorward.services.login import LoginService
from doorward.services.passwords import Passwords
from doorward.services.plan_use import PlanUseService
from doorward.services.policy import PolicyService
from doorward.services.ports import Clock, PolicySnapshot
from doorward.services.recording import Recorder
from doorward.services.rotation import RotationService
from doorward.services.sessions import SessionService
from doorward.services.subscriptions import SubscriptionService
from doorward.services.tenant_plans import Exceeded
from doorward.services.tenants import DEFAULT_PLAN, TenantService
from doorward.services.user_directory import Directory
from doorward.services.user_roles import UserRoleService
from doorward.services.user_secrets import UserSecretService
from doorward.services.users import UserService
from doorward.web.billing.plan_use import PlanUseEndpoints
from doorward.web.billing.subscriptions import SubscriptionEndpoints
from doorward.web.flags.overrides import FlagOverrideEndpoints
from doorward.web.limits.counting import LimitEndpoints
from doorward.web.limits.guard import GuardEndpoints
from doorward.web.limits.overrides import LimitOverrideEndpoints
from doorward.web.metrics import Meter
from doorward.web.record_routes import RecordEndpoints
from doorward.web.records.api_keys import ApiKeyEndpoints
from doorward.web.records.encryption import EncryptionEndpoints
from doorward.web.records.sessions import SessionEndpoints
from doorward.web.records.tenants import TenantEndpoints
from doorward.web.records.user_secrets import UserSecretEndpoints
from doorward.web.records.users import UserEndpoints


def make_recorder(recorded: RecordedState, clock: Clock = time.time) -> Recorder:
    """What carries changes out; this process knows each before it is answered."""
    return Recorder(recorded.records, recorded.encryption, clock, lambda: _follow(recorded))


def record_services(  # noqa: PLR0913, PLR0917 - what they are made of
    recorder: Recorder,
    facts: Facts,
    policy: PolicyService,
    access: AccessService,
    exceeded: Exceeded,
    plan_use: PlanUseService,
    configuration: Configuration,
) -> RecordEndpoints:
    """The endpoints of what is recorded, over their use cases."""
    directory = Directory(recorder, lambda: policy.current)

    def security() -> SecurityPolicies:
        return configuration.security(policy.current.security)

    passwords = Passwords(crypto.PasswordHasher(), security)
    login = LoginService(
        recorder,
        directory,
        passwords,
        crypto,
        crypto,
        security,
        _roles_of(policy),
    )
    sessions = SessionService(recorder, directory, login, crypto, security, new_id)
    secrets = UserSecretService(recorder, directory, passwords, crypto, crypto)

    def decide(request: AccessRequest, caller: Caller, snapshot: PolicySnapshot) -> Decision:
        return access.decide(request, caller, snapshot, facts=facts.reading)

    return RecordEndpoints(
        tenants=TenantEndpoints(
            TenantService(recorder, lambda: policy.current, new_id, configuration.default_plan or DEFAULT_PLAN)
        ),
        plan_use=PlanUseEndpoints(plan_use),
        users=UserEndpoints(
            UserService(recorder, directory, lambda: policy.current, passwords, new_id),
            UserRoleService(recorder, directory, lambda: policy.current, decide),
        ),
        secrets=UserSecretEndpoints(secrets, passwords),
        sessions=SessionEndpoints(sessions, recorder),
        keys=ApiKeyEndpoints(ApiKeyService(recorder, crypto, new_id)),
        encryption=EncryptionEndpoints(RotationService(recorder)),
        subscriptions=SubscriptionEndpoints(SubscriptionService(recorder, lambda: policy.current, new_id, exceeded)),
        overrides=FlagOverrideEndpoints(FlagOverrideService(recorder, lambda: policy.current)),
        limits=LimitOverrideEndpoints(LimitOverrideService(recorder, lambda: policy.current)),
    )


def limit_services(  # noqa: PLR0913 - what they are made of
    recorded: RecordedState,
    allowances: Allowances,
    policy: PolicyService,
    guard: GuardService,
    meter: Meter,
    *,
    clock: Clock,
) -> tuple[LimitEndpoints, GuardEndpoints]:
    """The endpoints of limits, over the ledger, and the one that asks access and flags too."""
    limits, facts = LimitService(recorded.ledger, clock, new_id), recorded.facts
    return (
        LimitEndpoints(limits, LimitLooking(recorded.usage), allowances, policy, facts),
        GuardEndpoints(guard, limits, allowances, policy, facts, meter, clock),
    )


def _follow(recorded: RecordedState) -> None:
    """Apply what was committed just now, here at once. It is committed also where the store answers no more."""
    with contextlib.suppress(StoreUnavailable):  # whoever follows the facts has noted it
        recorded.facts.refresh()


def _roles_of(policy: PolicyService) -> Callable[[Account, tuple[Grant, ...]], frozenset[str]]:
    def roles_of(account: Account, grants: tuple[Grant, ...]) -> frozenset[str]:
        given = [one.role for one in grants if one.tenant in {account.tenant, "*"}]
        return policy.current.held_roles(f"user:{account.id}", account.tenant, given, time.time())

    return roles_of
