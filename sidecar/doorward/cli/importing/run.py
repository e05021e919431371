"""An import on its way: records in batches to the sidecar, and what became of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from doorward.cli.importing.records import Record
from doorward.cli.importing.refusals import Refusals
from doorward.cli.importing.resumption import Position
from doorward_sdk import ImportResult, ProblemResponse

BATCH_ITEMS = 200
BATCH_BYTES = 512 * 1024
_ABOUT_ITEMS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
Send = Callable[[Sequence[Mapping[str, Any]], str], Sequence[ImportResult]]


def import_records(
    records: Iterable[Record],
    send: Send,
    start: Position,
    refusals: Refusals,
    answered: Callable[[Position], None],
) -> Position:
    """Send all records and return how far it came; `answered` is told after each batch."""
    position = start
    for batch in _batches(records):
        position = _after(batch, _results(batch, send), position, refusals)
        refusals.flush()
        answered(position)
    return position


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (len(batch) == BATCH_ITEMS or size + record.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += record.size
    if batch:
        yield batch


def _results(batch: Sequence[Record], send: Send) -> list[ImportResult]:
    """One result for each record; those that have a fault of their own are not sent."""
    answers = iter(_answers([record for record in batch if record.item is not None], send))
    return [ImportResult(None, "invalid", record.fault) if record.item is None else next(answers) for record in batch]


def _answers(asked: Sequence[Record], send: Send) -> list[ImportResult]:
    """What the sidecar says of each; where it refuses a request whole, the records at fault are looked for."""
    if not asked:
        return []
    try:
        return list(send([record.item for record in asked if record.item is not None], _name(asked)))
    except ProblemResponse as error:
        if error.status not in _ABOUT_ITEMS:
            raise
        if len(asked) == 1:
            return [ImportResult(None, "invalid", error.detail or str(error))]
    half = len(asked) // 2
    return _answers(asked[:half], send) + _answers(asked[half:], send)


def _name(asked: Sequence[Record]) -> str:
    """What one request of an import is called: the same records have the same name when they are sent again."""
    return f"{asked[0].line}-{asked[-1].line}"


def _after(
    batch: Sequence[Record], results: Sequence[ImportResult], position: Position, refusals: Refusals
) -> Position:
    counts = {"created": 0, "exists": 0, "refused": 0}
    for record, result in zip(batch, results, strict=True):
        if result.status in {"created", "exists"}:
            counts[result.status] += 1
        else:
            counts["refused"] += 1
            refusals.add(record, result.detail or "refused")
    last = batch[-1]
    return position.moved(last.last_line, last.ends_at, **counts)
