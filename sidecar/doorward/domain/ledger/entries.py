"""Entries: how a request stands in the books, and when the same id may come again."""

from typing import Final

from doorward.domain.errors import Conflict
from doorward.domain.ledger.books import Event
from doorward.domain.ledger.repeats import made_by
from doorward.domain.ledger.requests import Asked, Request

_UNLIKE: Final = "the id {id!r} came with another content before; make a new id for each request"


def new_event(  # noqa: PLR0913 - the parts of an event
    request: Request,
    asked: Asked,
    amount: int,
    kind: str,
    at: int | None = None,
    *,
    value: str | None = None,
    corrects: str | None = None,
) -> Event:
    """What a request counts of one limit; at its own time where it is not said otherwise (epoch microseconds)."""
    return Event(
        asked.name, kind, amount, value, request.at if at is None else at, request.at, corrects, request.digest
    )


def require_same(digest: str, request: Request) -> None:
    """Raise Conflict unless a request is the one that came before under its id."""
    if made_by(digest) != request.digest:
        raise Conflict(_UNLIKE.format(id=request.id))
