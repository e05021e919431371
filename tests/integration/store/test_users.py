"""Users in the database, the same on SQLite and PostgreSQL."""

from collections.abc import Callable

import pytest

from doorward.domain.errors import Conflict, EmailTaken, NotFound
from doorward.domain.users import Account, Grant, UserFilter, UserStatus
from doorward.store.database import Database
from support.databases import undone_by
from support.records import NOW, SECOND, a_session, a_tenant, an_account
from support.threads import together

VIEWER = Grant(role="viewer", tenant="acme")
ADMIN = Grant(role="admin", tenant="*")
ALL = UserFilter()
PHC = "$argon2id$v=19$..."


@pytest.fixture(autouse=True)
def tenants(database: Database) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
        transaction.tenants.add(a_tenant("globex"))


def add(database: Database, *accounts: Account) -> None:
    with database.change() as transaction:
        for account in accounts:
            transaction.accounts.add(account)


def ids(database: Database, wanted: UserFilter = ALL, after: str = "", count: int = 100) -> list[str]:
    with database.read() as transaction:
        return [account.id for account in transaction.accounts.page(wanted, after, count)]


def found(database: Database, user_id: str = "alice") -> Account:
    with database.read() as transaction:
        account = transaction.accounts.find(user_id)
    assert account is not None
    return account


def test_a_user_is_found_as_it_was_recorded(database: Database) -> None:
    whole = an_account(
        username="Älice",
        password=PHC,
        password_changed_at=NOW,
        password_history=("$a", "$b"),
        totp_sealed="v1.key-1.x",
        totp_confirmed=True,
        totp_step=NOW,
    )
    add(database, whole, an_account("bob", email_sealed=None, email_index=None))
    with database.read() as transaction:
        assert transaction.accounts.find("alice") == whole
        assert transaction.accounts.find_by_email("index of alice") == whole
        assert transaction.accounts.find_by_username("acme", "älice") == whole
        assert transaction.accounts.find_by_username("globex", "älice") is None
        assert transaction.accounts.find("bob") == an_account("bob", email_sealed=None, email_index=None)
        assert transaction.accounts.find("Alice") is None


@pytest.mark.parametrize(
    ("second", "kind", "message"),
    [
        pytest.param(an_account(username="x", email_index="x"), Conflict, "the id 'alice' is taken", id="id"),
        pytest.param(
            an_account("bob", email_index="index of alice", tenant="globex"),
            EmailTaken,
            "^this e-mail address is not available; give another one$",
            id="address, in another tenant too",
        ),
        pytest.param(
            an_account("bob", username="\uff21LICE"),
            Conflict,
            "the username '\uff21LICE' is taken in this tenant",
            id="username, whatever its width and case",
        ),
    ],
)
def test_what_is_taken_is_refused(database: Database, second: Account, kind: type[Conflict], message: str) -> None:
    add(database, an_account())
    with pytest.raises(Conflict, match=message) as refused:
        add(database, second)
    assert type(refused.value) is kind
    assert ids(database) == ["alice"]


def test_a_username_is_free_in_another_tenant(database: Database) -> None:
    add(database, an_account(), an_account("bob", username="alice", tenant="globex"))
    assert ids(database) == ["alice", "bob"]


def test_a_user_of_no_recorded_tenant_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match="there is no tenant 'nowhere'"):
        add(database, an_account(tenant="nowhere"))


def test_a_changed_user_is_read_as_it_was_saved(database: Database) -> None:
    add(database, an_account())
    changed = an_account().changed(NOW + 1, username="new", password=PHC, password_history=("$y",), totp_step=3)
    with database.change() as transaction:
        assert transaction.accounts.find("alice", lock=True) == an_account()
        transaction.accounts.save(changed)
        assert transaction.accounts.find("alice") == changed
    assert found(database) == changed


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param({"username": "Bob"}, Conflict, id="username"),
        pytest.param({"email_index": "index of bob"}, EmailTaken, id="address"),
    ],
)
def test_a_user_cannot_be_saved_with_what_another_one_has(
    database: Database, fields: dict[str, str], kind: type[Conflict]
) -> None:
    add(database, an_account(), an_account("bob"))
    with undone_by(kind), database.change() as transaction:
        transaction.accounts.find("alice", lock=True)
        transaction.accounts.save(an_account(**fields))
    assert found(database) == an_account()


def test_a_deleted_user_keeps_its_address_and_username(database: Database) -> None:
    add(database, an_account(status=UserStatus.DELETED))
    with pytest.raises(EmailTaken):
        add(database, an_account("bob", email_index="index of alice"))
    with pytest.raises(Conflict, match="username"):
        add(database, an_account("bob", username="alice"))
    assert ids(database) == []


def test_a_purged_user_leaves_its_id_alone(database: Database) -> None:
    add(database, an_account(password=PHC, totp_sealed="v1.key-1.x", totp_confirmed=True, totp_step=7))
    with database.change() as transaction:
        transaction.accounts.give("alice", VIEWER, NOW, "ci")
        transaction.accounts.set_recovery_codes("alice", ["one"])
        transaction.sessions.add(a_session())
    with database.change() as transaction:
        transaction.accounts.save(found_in(transaction).changed(NOW + 1, status=UserStatus.PURGED))
    add(database, an_account("next", username="alice", email_index="index of alice"))
    left = found(database)
    assert left == Account(
        id="alice",
        tenant="",
        username="",
        first_name="",
        last_name="",
        status=UserStatus.PURGED,
        email_sealed=None,
        email_index=None,
        created_at=NOW,
        updated_at=NOW + 1,
        version=2,
    )
    with database.change() as transaction:
        assert transaction.accounts.grants(["alice"]) == {"alice": ()}
        assert not transaction.accounts.use_recovery_code("alice", "one")
        assert transaction.sessions.live_of("alice", NOW + SECOND) == []
    with pytest.raises(Conflict, match="the id 'alice'"):
        add(database, an_account(username="x", email_index="x"))


def found_in(transaction: object) -> Account:
    account = transaction.accounts.find("alice", lock=True)  # type: ignore[attr-defined]
    assert isinstance(account, Account)
    return account


def test_pages_go_by_the_bytes_of_ids_and_hold_what_is_wanted(database: Database) -> None:
    names = ["b", "B", "a_1", "a-1", "a|1", "10", "9"]
    add(database, *(an_account(name, username=f"name {place}") for place, name in enumerate(names)))
    add(database, an_account("g", tenant="globex"))
    add(database, an_account("s", status=UserStatus.SUSPENDED), an_account("d", status=UserStatus.DELETED))
    assert ids(database) == sorted([*names, "g", "s"])
    assert ids(database, UserFilter(tenant="acme"), count=2) == sorted(names)[:2]
    assert ids(database, UserFilter(tenant="acme"), after="a-1") == [*sorted(n for n in names if n > "a-1"), "s"]
    assert ids(database, UserFilter(tenant="globex")) == ["g"]
    assert ids(database, UserFilter(status=UserStatus.SUSPENDED)) == ["s"]
    assert ids(database, UserFilter(email_index="index of g")) == ["g"]
    assert ids(database, UserFilter(tenant="acme", username_key="g")) == []


def test_roles_are_given_once_and_taken_once(database: Database) -> None:
    add(database, an_account(), an_account("bob"))
    with database.change() as transaction:
        accounts = transaction.accounts
        assert accounts.give("alice", VIEWER, NOW, "ci")
        assert accounts.give("alice", ADMIN, NOW, "ci")
        assert not accounts.give("alice", VIEWER, NOW, "ci")
        assert accounts.give("bob", VIEWER, NOW, "ci")
        assert accounts.grants(["alice", "bob", "nobody"]) == {
            "alice": (ADMIN, VIEWER),
            "bob": (VIEWER,),
            "nobody": (),
        }
        assert accounts.take("alice", VIEWER)
        assert not accounts.take("alice", VIEWER)
        assert accounts.grants(["alice"]) == {"alice": (ADMIN,)}


def test_the_roles_of_many_users_are_read_at_once(database: Database) -> None:
    names = [f"user-{number:03}" for number in range(120)]
    add(database, *map(an_account, names))
    with database.change() as transaction:
        for name in names:
            transaction.accounts.give(name, VIEWER, NOW, "ci")
        assert transaction.accounts.grants(names) == dict.fromkeys(names, (VIEWER,))


def test_a_role_cannot_be_given_to_somebody_who_is_not_recorded(database: Database) -> None:
    with undone_by(NotFound, "there is no user 'nobody'"), database.change() as transaction:
        transaction.accounts.give("nobody", VIEWER, NOW, "ci")


def test_a_step_of_one_time_codes_is_used_once_and_never_an_earlier_one(database: Database) -> None:
    add(database, an_account())
    with database.change() as transaction:
        assert transaction.accounts.use_step("alice", 5)
        assert not transaction.accounts.use_step("alice", 5)
        assert not transaction.accounts.use_step("alice", 4)
        assert transaction.accounts.use_step("alice", 6)
        assert not transaction.accounts.use_step("nobody", 6)
        account = transaction.accounts.find("alice")
    assert account is not None
    assert account.totp_step == 6


def test_a_used_step_stays_used_where_an_older_user_is_saved_until_its_secret_changes(database: Database) -> None:
    before = an_account(totp_sealed="v1.key-1.x", totp_confirmed=True, totp_step=3)
    add(database, before)
    with database.change() as transaction:
        accounts = transaction.accounts
        assert accounts.find("alice", lock=True) == before
        assert accounts.use_step("alice", 9)
        accounts.save(before.changed(NOW, password=PHC))
        assert not accounts.use_step("alice", 9)
        accounts.save(before.changed(NOW, totp_sealed="v1.key-1.another", totp_step=0))
        assert accounts.use_step("alice", 1)


def _use_step(database: Database) -> bool:
    with database.change() as transaction:
        return transaction.accounts.use_step("alice", 77)


def _use_code(database: Database) -> bool:
    with database.change() as transaction:
        return transaction.accounts.use_recovery_code("alice", "code")


@pytest.mark.parametrize("use", [pytest.param(_use_step, id="step"), pytest.param(_use_code, id="recovery code")])
def test_of_twenty_at_the_same_time_one_uses_a_code(database: Database, use: Callable[[Database], bool]) -> None:
    add(database, an_account())
    with database.change() as transaction:
        transaction.accounts.set_recovery_codes("alice", ["code", "other"])
    outcomes = together(20, lambda _: use(database))
    assert sorted(outcomes, key=str) == [False] * 19 + [True]


def test_recovery_codes_are_replaced_whole(database: Database) -> None:
    add(database, an_account(), an_account("bob"))
    with database.change() as transaction:
        accounts = transaction.accounts
        accounts.set_recovery_codes("alice", ["one", "two", "two"])
        accounts.set_recovery_codes("bob", ["one"])
        accounts.set_recovery_codes("alice", ["three"])
        assert not accounts.use_recovery_code("alice", "one")
        assert accounts.use_recovery_code("alice", "three")
        assert not accounts.use_recovery_code("alice", "three")
        assert accounts.use_recovery_code("bob", "one")


@pytest.mark.parametrize("field", ["id", "email_index", "username"])
def test_of_many_at_the_same_time_one_gets_what_all_want(database: Database, field: str) -> None:
    def one_more(number: int) -> None:
        own = {"user_id": f"user-{number}", "email_index": f"index {number}", "username": f"name-{number}"}
        add(database, an_account(**{**own, {"id": "user_id"}.get(field, field): "wanted"}))

    outcomes = together(12, one_more)
    assert outcomes.count(None) == 1, outcomes
    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)
    assert len(ids(database)) == 1


def test_those_are_found_whose_values_another_key_has_sealed(database: Database) -> None:
    add(
        database,
        an_account("a", email_sealed="v1.old.x"),
        an_account("b", email_sealed="v1.new.x"),
        an_account("c", email_sealed="v1.new.x", totp_sealed="v1.old.x"),
        an_account("d", email_sealed="v2.newer.x"),
        an_account("e", email_sealed=None, email_index=None),
        an_account("f", email_sealed="v1.old.x", status=UserStatus.DELETED),
    )
    with database.change() as transaction:
        accounts = transaction.accounts
        assert [account.id for account in accounts.sealed_with_others("new", "", 10)] == ["a", "c", "d", "f"]
        assert [account.id for account in accounts.sealed_with_others("new", "", 2)] == ["a", "c"]
        assert [account.id for account in accounts.sealed_with_others("new", "c", 9)] == ["d", "f"]
        assert [account.id for account in accounts.sealed_with_others("old", "", 10)] == ["b", "c", "d"]
        assert accounts.count_sealed_with_others("new") == 4
        assert accounts.count_sealed_with_others("new", "c") == 2
        assert accounts.count_sealed_with_others("ne") == 5


def test_the_users_of_a_tenant_are_all_but_those_that_were_purged(database: Database) -> None:
    for status in UserStatus:
        add(database, an_account(status.value, status=status))
    add(database, an_account("other", tenant="globex"))
    with database.change() as transaction:
        of_tenant = transaction.accounts.of_tenant
        assert [account.id for account in of_tenant("acme", 10)] == ["active", "deleted", "suspended"]
        assert [account.id for account in of_tenant("acme", 2)] == ["active", "deleted"]
