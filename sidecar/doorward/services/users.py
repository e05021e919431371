"""Users: created, found, changed, deleted and purged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import BadRequest, Conflict, DoorwardError, EmailTaken, PasswordRefused
from doorward.domain.facts import FactKind
from doorward.domain.imports import Added, Outcome
from doorward.domain.record_names import canonical
from doorward.domain.users import Account, Grant, NewUser, UserFilter, UserStatus
from doorward.services.passwords import Passwords
from doorward.services.ports import Transaction
from doorward.services.recording import Done, Recorder, check_version
from doorward.services.tenants import CurrentPolicy
from doorward.services.user_directory import EMAIL, Directory, ShownUser, email_place
from doorward.services.user_removal import purge_user


class UserService:
    """The life of users."""

    def __init__(
        self,
        recorder: Recorder,
        directory: Directory,
        policy: CurrentPolicy,
        passwords: Passwords,
        new_id: Callable[[], str],
    ) -> None:
        self._recorder = recorder
        self._directory = directory
        self._policy = policy
        self._passwords = passwords
        self._new_id = new_id

    def create(self, actor: Actor, new: NewUser) -> Done[ShownUser]:
        """Record a user.

        Raises:
            BadRequest: the tenant or a role is not there.
            Conflict: the id or the username is taken; EmailTaken: the address is.
            PasswordRefused: the security policy does not accept the password.
        """
        made = self._made(actor, new)

        def work(transaction: Transaction) -> ShownUser:
            self._add(transaction, actor, new, made)
            return self._directory.shown(transaction, actor, [made])[0]

        return self._recorder.run(actor, work)

    def add_many(self, actor: Actor, given: Sequence[NewUser | DoorwardError], *, dry_run: bool) -> Done[list[Added]]:
        """Record several, each by itself: what is wrong with one stands in its place. A dry run records nothing."""
        made = [self._prepared(actor, one, dry_run=dry_run) for one in given]

        def work(transaction: Transaction) -> list[Added]:
            return [self._added(transaction, actor, new, one) for new, one in zip(given, made, strict=True)]

        return Done(value=self._recorder.rehearse(work), version=0) if dry_run else self._recorder.run(actor, work)

    def find(self, actor: Actor, user_id: str) -> ShownUser:
        """One user. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            account = self._directory.there(transaction, actor, user_id)
            return self._directory.shown(transaction, actor, [account])[0]

    def page(  # noqa: PLR0913 - what a list can be asked for
        self,
        actor: Actor,
        *,
        tenant: str | None,
        email: str | None,
        username: str | None,
        status: UserStatus | None,
        after: str,
        count: int,
    ) -> list[ShownUser]:
        """Some users, by id; a caller that is bound to a tenant sees those of that one alone."""
        if actor.tenant is not None and tenant not in {None, actor.tenant}:
            return []
        wanted = UserFilter(
            tenant=actor.tenant or tenant,
            status=status,
            username_key=None if username is None else canonical(username),
            email_index=None if email is None else self._directory.email_index(email),
        )
        with self._recorder.records.read() as transaction:
            return self._directory.shown(transaction, actor, transaction.accounts.page(wanted, after, count))

    def update(
        self, actor: Actor, user_id: str, fields: Mapping[str, Any], wanted: frozenset[int] | None = None
    ) -> Done[ShownUser]:
        """Change fields of a user, as `domain.users.checked_changes` gave them.

        `roles` are those recorded in the user's own tenant: others are taken away.

        Raises NotFound, PreconditionFailed, Conflict, EmailTaken, BadRequest for an unknown role.
        """
        self._check_roles(fields.get("roles", ()))

        def work(transaction: Transaction) -> ShownUser:
            account = self._directory.there(transaction, actor, user_id, lock=True)
            check_version(account.version, wanted)
            if EMAIL in fields:  # whoever gets the mail may get a new password
                self._directory.require_own(transaction, actor, account)
            columns = self._columns(transaction, account, fields)
            changed = {name: value for name, value in columns.items() if getattr(account, name) != value}
            roles = self._give_roles(transaction, actor, account, fields["roles"]) if "roles" in fields else []
            if not changed and not roles:
                return self._directory.shown(transaction, actor, [account])[0]
            other = account.changed(self._recorder.now(), **changed)
            transaction.accounts.save(other)
            if other.status is not UserStatus.ACTIVE:
                transaction.sessions.revoke_all(other.id, self._recorder.now())
            told = sorted({_TOLD.get(name, name) for name in changed})
            details = {"fields": told} | ({"roles": roles} if roles else {})
            self._noted(transaction, actor, AuditEventType.UPDATE, other, "update", details)
            return self._directory.shown(transaction, actor, [other])[0]

        return self._recorder.run(actor, work)

    def delete(self, actor: Actor, user_id: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """Delete a user: nothing finds it any more, its sessions end; id and address stay taken. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            account = self._directory.there(transaction, actor, user_id, lock=True)
            check_version(account.version, wanted)
            now = self._recorder.now()
            gone = account.changed(now, status=UserStatus.DELETED)
            transaction.accounts.save(gone)
            transaction.sessions.revoke_all(gone.id, now)
            self._noted(transaction, actor, AuditEventType.DELETE, gone, "delete", {})

        return self._recorder.run(actor, work)

    def purge(self, actor: Actor, user_id: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """Take away all that is recorded of a user but its id, deleted or not. Raises NotFound."""

        def work(transaction: Transaction) -> None:
            account = transaction.accounts.find(user_id, lock=True)
            if account is None or account.status is UserStatus.PURGED or not actor.may_see(account.tenant):
                raise not_there(f"user {user_id[:200]!r}")
            check_version(account.version, wanted)
            purge_user(transaction, self._recorder, actor, account)

        return self._recorder.run(actor, work)

    def _made(self, actor: Actor, new: NewUser, *, dry_run: bool = False) -> Account:
        """The account to be recorded: its secrets sealed and hashed, which is no work for a transaction."""
        if not actor.may_see(new.tenant):
            raise BadRequest(f"there is no tenant {new.tenant[:200]!r}")
        if new.id is not None and actor.tenant is not None and self._is_named(new.id):
            raise Conflict(f"the id {new.id!r} is taken; ids are never used again, choose another one")
        self._check_roles(new.roles)
        phc = new.password_hash
        if phc is not None:
            self._passwords.check_phc(phc)
        if new.password is not None:
            faults = self._passwords.faults(new.password)
            if faults:
                raise PasswordRefused(faults)
            phc = None if dry_run else self._passwords.hash(new.password)
        now = self._recorder.now()
        user_id = self._new_id() if new.id is None else new.id
        vault = self._recorder.encryption.vault
        return Account(
            id=user_id,
            tenant=new.tenant,
            username=new.username,
            first_name=new.first_name,
            last_name=new.last_name,
            status=UserStatus.ACTIVE,
            email_sealed=vault.seal(new.email, email_place(user_id, new.tenant)),
            email_index=self._directory.email_index(new.email),
            password=phc,
            password_changed_at=now if phc is not None else 0,
            created_at=now,
            updated_at=now,
            version=1,
        )

    def _add(self, transaction: Transaction, actor: Actor, new: NewUser, made: Account) -> None:
        tenant = transaction.tenants.hold(made.tenant)  # else it might be purged without this user
        if tenant is None or not tenant.is_there:
            raise BadRequest(f"there is no tenant {made.tenant[:200]!r}; create it first")
        if transaction.accounts.find(made.id) is not None:
            raise Conflict(f"the id {made.id!r} is taken; ids are never used again, choose another one")
        self._check_free(transaction, made)
        transaction.accounts.add(made)
        for role in new.roles:
            transaction.accounts.give(made.id, Grant(role=role, tenant=made.tenant), made.created_at, actor.caller.name)
        self._noted(transaction, actor, AuditEventType.CREATE, made, "create", {"roles": list(new.roles)})

    def _prepared(self, actor: Actor, new: NewUser | DoorwardError, *, dry_run: bool) -> Account | DoorwardError:
        if isinstance(new, DoorwardError):
            return new
        try:
            return self._made(actor, new, dry_run=dry_run)
        except (BadRequest, Conflict, PasswordRefused) as error:
            return error

    def _added(
        self, transaction: Transaction, actor: Actor, new: NewUser | DoorwardError, made: Account | DoorwardError
    ) -> Added:
        if isinstance(new, DoorwardError):
            return Added(id=None, outcome=Outcome.INVALID, detail=str(new))
        known = self._known(transaction, actor, new)
        if known is not None:
            return Added(id=known.id, outcome=Outcome.EXISTS, detail=None)
        if isinstance(made, DoorwardError):
            return Added(id=new.id, outcome=Outcome.INVALID, detail=str(made))
        try:
            self._add(transaction, actor, new, made)
        except (BadRequest, Conflict) as error:
            return Added(id=new.id, outcome=Outcome.INVALID, detail=str(error))
        return Added(id=made.id, outcome=Outcome.CREATED, detail=None)

    def _known(self, transaction: Transaction, actor: Actor, new: NewUser) -> Account | None:
        """Who is recorded under the id already; without one, who has the address and the username in the tenant."""
        if new.id is not None:
            account = transaction.accounts.find(new.id)
        else:
            account = transaction.accounts.find_by_email(self._directory.email_index(new.email))
            same = account is not None and (account.tenant, account.username_key) == (
                new.tenant,
                canonical(new.username),
            )
            account = account if same else None
        return account if account is not None and actor.may_see(account.tenant) else None

    def _check_free(self, transaction: Transaction, made: Account) -> None:
        """Raise Conflict where another user has the username or the address."""
        other = transaction.accounts.find_by_username(made.tenant, made.username_key)
        if other is not None and other.id != made.id:
            raise Conflict(f"the username {made.username!r} is taken in this tenant; choose another one")
        other = transaction.accounts.find_by_email(made.email_index or "")
        if other is not None and other.id != made.id:
            raise EmailTaken

    def _columns(self, transaction: Transaction, account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        columns = {name: value for name, value in fields.items() if name not in {"roles", EMAIL}}
        if EMAIL in fields:
            index = self._directory.email_index(fields[EMAIL])
            place = email_place(account.id, account.tenant)
            if not self._directory.has_email(transaction, account, fields[EMAIL]):
                columns["email_sealed"] = self._recorder.encryption.vault.seal(fields[EMAIL], place)
                columns["email_index"] = index
        if columns.keys() & {"username", "email_index"}:
            self._check_free(transaction, account.changed(account.updated_at, **columns))
        return columns

    def _give_roles(self, transaction: Transaction, actor: Actor, account: Account, names: Iterable[str]) -> list[str]:
        """Make the recorded roles in the user's own tenant these; what changed, as `+role` and `-role`."""
        held = {
            one.role
            for one in transaction.accounts.grants([account.id]).get(account.id, ())
            if one.tenant == account.tenant
        }
        wanted = set(names)
        now = self._recorder.now()
        for role in sorted(wanted - held):
            transaction.accounts.give(account.id, Grant(role=role, tenant=account.tenant), now, actor.caller.name)
        for role in sorted(held - wanted):
            transaction.accounts.take(account.id, Grant(role=role, tenant=account.tenant))
        return [f"+{one}" for one in sorted(wanted - held)] + [f"-{one}" for one in sorted(held - wanted)]

    def _is_named(self, user_id: str) -> bool:
        """Whether the policy names a user: whoever is recorded as one has what the policy gives it, in any tenant."""
        policy, subject = self._policy(), f"user:{user_id}"
        return bool(policy.knows_role(subject) or policy.role_rows(subject) or policy.subject_attributes(subject))

    def _check_roles(self, names: Iterable[str]) -> None:
        check_declared(names, self._policy)

    def _noted(  # noqa: PLR0913, PLR0917 - the parts of an event
        self,
        transaction: Transaction,
        actor: Actor,
        kind: AuditEventType,
        account: Account,
        verb: str,
        details: Mapping[str, Any],
    ) -> None:
        self._recorder.note(
            transaction, actor, kind, f"user:{account.id}", f"users.{verb}", tenant=account.tenant, details=details
        )
        transaction.touch(FactKind.USER, account.id)


_TOLD: Final = {"email_sealed": EMAIL, "email_index": EMAIL}


def check_declared(names: Iterable[str], policy: CurrentPolicy) -> None:
    """Raise BadRequest for a role that the policy does not declare."""
    snapshot = policy()
    for name in names:
        if not snapshot.declares_role(name):
            raise BadRequest(
                f"the role {name[:100]!r} is not declared; `doorward roles list` or GET /v1/roles lists those that are"
            )
