"""The roles of users, recorded and by rows in git, and the permissions that come of them."""

from collections.abc import Callable
from typing import Final

from doorward.domain.access import ANY, AccessRequest, Decision
from doorward.domain.actors import Actor
from doorward.domain.audit import AuditEventType
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest, Conflict, NotFound
from doorward.domain.facts import FactKind
from doorward.domain.users import Account, Grant, HeldPermission, HeldRole
from doorward.services.ports import PolicySnapshot, Transaction
from doorward.services.recording import Done, Recorder
from doorward.services.tenants import CurrentPolicy
from doorward.services.user_directory import Directory
from doorward.services.users import check_declared

Decide = Callable[[AccessRequest, Caller, PolicySnapshot], Decision]
_ITSELF: Final = Caller("doorward", frozenset({Scope.DECIDE}))


class UserRoleService:
    """Gives and takes roles, and tells what they permit."""

    def __init__(self, recorder: Recorder, directory: Directory, policy: CurrentPolicy, decide: Decide) -> None:
        """`decide` answers an access question as everybody's questions are answered; it may read the store."""
        self._recorder = recorder
        self._directory = directory
        self._policy = policy
        self._decide = decide

    def roles(self, actor: Actor, user_id: str) -> list[HeldRole]:
        """The roles that a user holds directly where the caller may see, and where each comes from. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            account = self._directory.there(transaction, actor, user_id)
            grants = transaction.accounts.grants([account.id]).get(account.id, ())
        recorded = [HeldRole(role=one.role, tenant=one.tenant, source="recorded", place=None) for one in grants]
        declared = [
            HeldRole(role=role, tenant=tenant, source="git", place=place)
            for role, tenant, place in self._policy().role_rows(f"user:{account.id}")
        ]
        told = [one for one in recorded + declared if actor.may_see_role_in(one.tenant)]
        return sorted(told, key=lambda one: (one.tenant, one.role, one.source))

    def give(self, actor: Actor, user_id: str, role: str, tenant: str | None) -> Done[bool]:
        """Give a role in a tenant (the user's own where none is named); False where it was given already.

        Raises:
            NotFound: the user is not there.
            BadRequest: the role is not declared, or the tenant is not there.
        """
        check_declared([role], self._policy)

        def work(transaction: Transaction) -> bool:
            account = self._directory.there(transaction, actor, user_id, lock=True)
            grant = self._grant(transaction, actor, account, role, tenant)
            given = transaction.accounts.give(account.id, grant, self._recorder.now(), actor.caller.name)
            if given:
                self._changed(transaction, actor, account, f"+{role}", grant.tenant)
            return given

        return self._recorder.run(actor, work)

    def take(self, actor: Actor, user_id: str, role: str, tenant: str | None) -> Done[None]:
        """Take a recorded role away.

        Raises:
            NotFound: the user is not there, or does not hold the role there.
            Conflict: a row of policies/access.csv gives it: that is changed in git.
        """

        def work(transaction: Transaction) -> None:
            account = self._directory.there(transaction, actor, user_id, lock=True)
            where = tenant or account.tenant
            self._check_tenant(actor, where)
            if transaction.accounts.take(account.id, Grant(role=role, tenant=where)):
                self._changed(transaction, actor, account, f"-{role}", where)
                return
            for name, at, place in self._policy().role_rows(f"user:{account.id}"):
                if name == role and at == where:
                    raise Conflict(f"{place} gives the role {role!r}; take that row away in git")
            raise NotFound(f"user {account.id!r} does not hold the role {role[:100]!r} in {where[:200]!r}")

        return self._recorder.run(actor, work)

    def permissions(self, actor: Actor, user_id: str, tenant: str | None) -> list[HeldPermission]:
        """What a user may do on whole types in a tenant, as VERB_TYPE, each with the rule that grants it.

        Every pair of action and type that the policy names is asked as any question is: what is listed is what
        would be answered. Raises NotFound.
        """
        with self._recorder.records.read() as transaction:
            account = self._directory.there(transaction, actor, user_id)
        where = tenant or account.tenant
        self._check_tenant(actor, where)
        policy = self._policy()
        granted: list[tuple[str, str | None]] = []
        for action, kind in policy.permission_pairs():
            request = AccessRequest("user", account.id, action, kind, ANY, context={"tenant": where})
            decision = self._decide(request, _ITSELF, policy)
            if decision.allowed:
                granted.append((f"{action}_{kind}", decision.rule))
        places = policy.rule_places({rule for _, rule in granted if rule is not None})
        return [
            HeldPermission(permission=name, rule=rule, place=None if rule is None else places.get(rule))
            for name, rule in granted
        ]

    def _grant(self, transaction: Transaction, actor: Actor, account: Account, role: str, tenant: str | None) -> Grant:
        where = tenant or account.tenant
        self._check_tenant(actor, where)
        if where != ANY:
            found = transaction.tenants.find(where)
            if (found is None or not found.is_there) and where not in self._policy().tenants:
                raise BadRequest(f"there is no tenant {where[:200]!r}; create it first")
        return Grant(role=role, tenant=where)

    @staticmethod
    def _check_tenant(actor: Actor, tenant: str) -> None:
        """Other tenants are not there for a caller that is bound to one, and `*` is more than one."""
        if not actor.may_see(tenant):
            raise BadRequest(f"there is no tenant {tenant[:200]!r}")

    def _changed(self, transaction: Transaction, actor: Actor, account: Account, change: str, tenant: str) -> None:
        now = self._recorder.now()
        transaction.accounts.save(account.changed(now))
        self._recorder.note(
            transaction,
            actor,
            AuditEventType.UPDATE,
            f"user:{account.id}",
            "users.roles",
            tenant=account.tenant,
            details={"roles": [change], "in": tenant},
        )
        transaction.touch(FactKind.USER, account.id)
