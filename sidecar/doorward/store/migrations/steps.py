"""The steps that this Doorward knows, read from its own package."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from doorward.domain.database_address import DatabaseKind

_FILE: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration."""

    version: int
    name: str
    sql: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What its SQL is known by: an applied one must not be another today."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """Its statements one by one, for a driver that takes no more at once."""
        statement = ""
        for line in self.sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""


def known_steps(kind: DatabaseKind) -> Sequence[Step]:
    """The steps of a dialect, the first one first."""
    folder = resources.files("doorward.store.migrations") / kind.value
    found = [
        Step(version=int(match[1]), name=match[2], sql=file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if (match := _FILE.fullmatch(file.name))
    ]
    return sorted(found, key=lambda step: step.version)
