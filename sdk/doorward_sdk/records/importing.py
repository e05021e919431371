"""Many new things in one request, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.records.wire import import_results_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from doorward_sdk.records.recorded import ImportResult
    from doorward_sdk.wire.api import Api

_MOST_ITEMS_A_REQUEST = 200
_IMPORT_SECONDS = 120.0


def import_items(
    api: Api, target: str, items: Iterable[Mapping[str, object]], *, dry_run: bool, idempotency_key: str | None
) -> tuple[ImportResult, ...]:
    """One result for each item, in their order; a request for every 200 of them, since passwords take time."""
    given = [dict(one) for one in items]
    results: tuple[ImportResult, ...] = ()
    for start in range(0, len(given), _MOST_ITEMS_A_REQUEST):
        batch = given[start : start + _MOST_ITEMS_A_REQUEST]
        body = {"items": batch, "dry_run": dry_run}
        key = None if idempotency_key is None else f"{idempotency_key}.{start}"
        answer = api.change("POST", target, body, seconds=_IMPORT_SECONDS, key=key)
        results += import_results_of(answer.json(), len(batch))
    return results
