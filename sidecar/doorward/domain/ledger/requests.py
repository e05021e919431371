"""What is asked of the ledger. Names, amounts and tenants are checked before; `at` is epoch microseconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from doorward.domain.audit import AuditEvent
from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.accounts import Rule

CONSUMED: Final = "limits"
"""The source of what is consumed, beside the sources of reported events."""


class Asked(NamedTuple):
    """How much of a limit is asked for. Every rule must have room, unless the limit is `soft`."""

    name: str
    amount: int
    rules: tuple[Rule, ...]
    aggregation: Aggregation = Aggregation.SUM
    soft: bool = False


@dataclass(slots=True, kw_only=True)
class Request:
    """Whatever is asked under an id: the same id with the same `digest` is the same request.

    `repeats` is of one that ends what another one began, and may come again: the digest of it with its key.
    """

    tenant: str
    id: str
    at: int
    digest: str = ""
    repeats: str = ""
    audit: AuditEvent | None = None


@dataclass(slots=True, kw_only=True)
class Consume(Request):
    """Take all of this, or nothing."""

    items: Sequence[Asked]


@dataclass(slots=True, kw_only=True)
class Reserve(Request):
    """Keep room for all of this until a time, or for nothing of it."""

    items: Sequence[Asked]
    expires_at: int


@dataclass(slots=True, kw_only=True)
class Commit(Request):
    """Consume what was reserved, or what was really used of it, by name.

    `asked` says what the limit of a name is for an amount at the time of the reservation; `only` is the amount of
    what was reserved alone.
    """

    asked: Callable[[str, int, int], Asked]
    amounts: Mapping[str, int] = field(default_factory=dict)
    only: int | None = None


@dataclass(slots=True, kw_only=True)
class Release(Request):
    """Give room up again."""


@dataclass(slots=True, kw_only=True)
class GiveBack(Request):
    """Lower totals by what was consumed under the id: by all of it, or by an amount of one limit."""

    is_total: Callable[[str], bool]
    name: str | None = None
    amount: int | None = None


@dataclass(slots=True, kw_only=True)
class Report(Request):
    """Count what happened, whatever the limits say. `corrects` is the id of an event that this one takes back.

    `place` is what errors begin with: where it stands in what was sent.
    """

    source: str
    asked: Asked
    value: str | None = None
    corrects: str | None = None
    place: str = ""


@dataclass(slots=True)
class Held:
    """One item of a reservation."""

    name: str
    amount: int
    state: str
    committed: int
    reserved_at: int
    expires_at: int
    digest: str
    changed: bool = False
