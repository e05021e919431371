"""Imports over HTTP: what became of each."""

from collections.abc import Sequence

from doorward.domain.imports import Added
from doorward.web.http import Response, json_response
from doorward.web.records.wire import ImportResult, ImportResults


def import_response(added: Sequence[Added]) -> Response:
    """What became of each, in order."""
    results = [ImportResult(id=one.id, status=one.outcome, detail=one.detail) for one in added]
    return json_response(200, ImportResults(results=results))
