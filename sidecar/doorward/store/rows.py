"""Rows of an entity, found anew each time by SQL, and plain statements, in the transaction of this thread."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pony.orm import Database as PonyDatabase
from pony.orm.core import CacheIndexError

from doorward.domain.errors import Conflict
from doorward.store.entities import Entity
from doorward.store.faults import conflicts_told

_HELD: Final = " FOR KEY SHARE"


class Statements:
    """Plain SQL in the transaction of this thread; `$name` stands for a value."""

    def __init__(self, database: PonyDatabase) -> None:
        self._database = database

    def rows(self, sql: str, **values: object) -> Sequence[Any]:
        """What it selects or returns."""
        found: Sequence[Any] = self._database.execute(sql, values, {}).fetchall()
        return found

    def first(self, sql: str, **values: object) -> Any:  # noqa: ANN401 - columns of any type
        """The first column of its first row; None where there is no row."""
        row = self._database.execute(sql, values, {}).fetchone()
        return None if row is None else row[0]

    def count(self, sql: str, **values: object) -> int:
        """How many rows it changed."""
        changed: int = self._database.execute(sql, values, {}).rowcount
        return changed

    def changed(self, sql: str, **values: object) -> bool:
        """Whether it changed a row."""
        return self.count(sql, **values) > 0


class Rows:
    """The rows of one entity."""

    def __init__(self, entity: Entity, row_lock: str) -> None:
        self._entity = entity
        self._row_lock = row_lock
        columns = ", ".join(f'"{column}"' for attribute in entity._attrs_ for column in attribute.columns)
        self._select = f'SELECT {columns} FROM "{entity._table_}" WHERE '  # noqa: S608 - our own names

    def find(self, where: str, *, lock: bool = False, **values: object) -> Any:  # noqa: ANN401 - an entity's object
        """The one row of a condition; with `lock` nobody else changes it until the transaction ends."""
        return self._entity.get_by_sql(self._select + where + (self._row_lock if lock else ""), values, {})

    def hold(self, where: str, **values: object) -> Any:  # noqa: ANN401 - an entity's object
        """The one row of a condition, that nobody changes under `lock` until the transaction ends; many may hold it."""
        return self._entity.get_by_sql(self._select + where + (_HELD if self._row_lock else ""), values, {})

    def all(self, where: str, *, lock: bool = False, **values: object) -> Sequence[Any]:
        """The rows of a condition with its order and bound; with `lock` as `find`."""
        sql = self._select + where + (self._row_lock if lock else "")
        found: Sequence[Any] = self._entity.select_by_sql(sql, values, {})
        return found

    def add(
        self, fields: Mapping[str, object], taken: Mapping[str, Conflict], missing: Exception | None = None
    ) -> None:
        """Insert a row; raise what belongs to a violated constraint."""
        with conflicts_told(taken, missing):
            try:
                self._entity(**fields).flush()
            except CacheIndexError as error:  # this transaction has read or written it
                raise next(iter(taken.values())) from error  # the first one is about the key

    def save(self, key: object, fields: Mapping[str, object], taken: Mapping[str, Conflict]) -> None:
        """Write fields of a row that is there; raise what belongs to a violated constraint."""
        row = self._entity[key]
        with conflicts_told(taken):
            row.set(**fields)
            row.flush()
