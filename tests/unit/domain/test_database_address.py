"""Addresses of databases: what they are, and what is shown of them."""

from pathlib import Path

import pytest

from doorward.domain.database_address import DatabaseAddress, DatabaseKind

SECRET = "ge%2Fheim"  # noqa: S105 - what must not be shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("sqlite:/var/lib/doorward.db", "sqlite:/var/lib/doorward.db", id="file"),
        pytest.param("sqlite:data/x.db", "sqlite:data/x.db", id="relative file"),
        pytest.param(
            f"postgresql://me:{SECRET}@db.example:5433/doorward?sslmode=require",
            "postgresql://me@db.example:5433/doorward?sslmode=require",
            id="password before the host",
        ),
        pytest.param(
            f"postgres://db.example/doorward?user=me&password={SECRET}",
            "postgres://db.example/doorward?user=me",
            id="password as a parameter",
        ),
        pytest.param(
            f"postgresql://me:{SECRET}@/doorward?host=/run/postgresql&sslpassword={SECRET}",
            "postgresql://me@/doorward?host=/run/postgresql",
            id="socket, password of a client key",
        ),
        pytest.param(
            f"postgresql://me:a@b{SECRET}@one:1,two:2/doorward", "postgresql://me@one:1,two:2/doorward", id="two hosts"
        ),
        pytest.param("postgresql://db.example?dbname=doorward", "postgresql://db.example?dbname=doorward", id="dbname"),
    ],
)
def test_an_address_is_shown_without_its_password(text: str, shown: str) -> None:
    address = DatabaseAddress.parse(text)
    assert str(address) == shown
    assert SECRET not in repr(address)
    assert address.place == text.removeprefix("sqlite:")
    assert address.is_sqlite == text.startswith("sqlite:")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "doorward.db",
        "/var/lib/doorward.db",
        "mysql://me@db/doorward",
        "sqlite:",
        "sqlite::memory:",
        "sqlite:///var/lib/doorward.db",
        "sqlite:a\0b",
        f"postgresql:me:{SECRET}@db/doorward",
        f"postgresql://me:{SECRET}@db",
        f"postgresql://me:{SECRET}@db/",
        f"postgresql://me:{SECRET}#x@db/doorward",
        f"postgresql://me:{SECRET}@db:port/doorward",
        f"postgresql://me:{SECRET}@[db/doorward",
    ],
)
def test_what_is_no_address_is_refused_with_the_fix_and_without_the_password(text: str) -> None:
    with pytest.raises(ValueError, match="sqlite:") as refused:
        DatabaseAddress.parse(text)
    assert SECRET not in str(refused.value)
    assert SECRET not in str(refused.value.__cause__)


def test_a_state_directory_has_a_file() -> None:
    address = DatabaseAddress.in_folder(Path("state"))
    assert (address.kind, str(address)) == (DatabaseKind.SQLITE, "sqlite:state/doorward.db")
