"""Where the database is: an SQLite file, or a PostgreSQL server."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

DEFAULT_FILE: Final = "doorward.db"
_FORMS: Final = "give sqlite:PATH, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_POSTGRESQL: Final = ("postgresql", "postgres")
_SECRET_PARAMETERS: Final = ("password", "sslpassword")


class DatabaseKind(StrEnum):
    """Which database it is."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """The address of a database. `str()` shows no password; `place` may hold one: a path, or a URL for libpq."""

    kind: DatabaseKind
    place: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "DatabaseAddress":
        """An address of what an operator wrote. Raises ValueError naming the fix, without any password."""
        scheme, _, rest = text.partition(":")
        if scheme == DatabaseKind.SQLITE:
            return cls(DatabaseKind.SQLITE, _checked_path(rest))
        if scheme in _POSTGRESQL:
            return cls(DatabaseKind.POSTGRESQL, _checked_url(text))
        raise ValueError(f"what begins with {scheme[:20]!r} is no address of a database; {_FORMS}")

    @classmethod
    def in_folder(cls, folder: Path) -> "DatabaseAddress":
        """The SQLite file of a state directory."""
        return cls(DatabaseKind.SQLITE, str(folder / DEFAULT_FILE))

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file that one process owns."""
        return self.kind is DatabaseKind.SQLITE

    def __str__(self) -> str:
        return f"sqlite:{self.place}" if self.is_sqlite else _without_passwords(self.place)


def _checked_path(path: str) -> str:
    if path.startswith("//"):
        raise ValueError(
            f"sqlite:{path} looks like a URL; write sqlite:PATH, like sqlite:/var/lib/doorward/doorward.db"
        )
    if not path or path.startswith(":") or "\0" in path:
        raise ValueError("sqlite: needs the path of a file, like sqlite:/var/lib/doorward/doorward.db")
    return path


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = bool(parts.path.strip("/")) or any(name == "dbname" for name, _ in parse_qsl(parts.query))
        if "," not in parts.netloc:  # else several hosts, each with its port
            _ = parts.port
    except ValueError:  # its message may show a piece of the password
        raise ValueError(f"the address of the PostgreSQL database cannot be read; {_FORMS}") from None
    if not url.partition(":")[2].startswith("//"):
        raise ValueError(f"the address of a PostgreSQL database begins with postgresql://; {_FORMS}")
    if not named:
        raise ValueError(f"the address of the PostgreSQL server names no database; {_FORMS}")
    if parts.fragment or "\0" in url:
        raise ValueError(f"a # in a user's name or password is written %23; {_FORMS}")
    return url


def _without_passwords(url: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in _SECRET_PARAMETERS]
    return urlunsplit((parts.scheme, user.partition(":")[0] + at + host, parts.path, urlencode(kept, safe="/"), ""))
