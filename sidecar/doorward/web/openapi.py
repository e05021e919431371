"""/openapi.json, made from the endpoints and the types that parse them. OpenAPI 3.1."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from doorward import __version__
from doorward.domain.names import MAX_TEXT
from doorward.services.facts import FACTS_PATTERN
from doorward.services.revisions import REVISION_PATTERN
from doorward.web.endpoints import Endpoint
from doorward.web.http import JSON, PROBLEM_JSON
from doorward.web.pages import MOST
from doorward.web.wire import ProblemDetails

_REFERENCE: Final = "#/components/schemas/{name}"
_PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request is malformed; `detail` names the member",
    401: "No key, or a wrong one",
    403: "The key does not permit this",
    404: "There is nothing of that name",
    409: "What is there stands in the way; `detail` says what to do with it",
    412: "It is another by now; `detail` says which version",
    413: "The body is larger than 1 MiB",
    422: "What was asked for is refused: `faults` lists why a policy would not load, `reasons` what a password lacks",
    500: "Doorward failed",
    501: "The policy cannot answer this kind of question; `detail` says what can be asked",
    503: "No policy is loaded, it or the facts are not as new as asked for, the database or too many requests wait",
}
_OF_SOME: Final = {404, 409, 412, 422, 501}
"""Problems of those endpoints alone whose answers name them."""
_MIN_REVISION: Final = "Answer from this policy revision, or one after it; waited for up to 2 seconds"
_MIN_FACTS: Final = "Answer from these facts, or newer ones (what Doorward-Facts said); waited for up to 2 seconds"
_ONCE: Final = "The same request with the same key gets the answer of the first one, for 24 hours at least"
_IF_MATCH: Final = "Only if it is still this version: what ETag said"
_IF_MATCH_SHAPE: Final[Mapping[str, object]] = {"pattern": '^(\\*|"[0-9]{1,18}"(, *"[0-9]{1,18}")*)$'}
_ONCE_SHAPE: Final[Mapping[str, object]] = {"pattern": '^("[!#-~]{1,255}"|[!#-~]{1,255})$'}
_ANY_TEXT: Final[Mapping[str, object]] = {}
_SHAPES: Final[Mapping[str, Mapping[str, object]]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST},
    "reason": {"maxLength": MAX_TEXT},
}
_ECHOED: Final = {"schema": {"type": "string"}, "description": "Echoed"}
_SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"apiKey": []}]
_SIGNATURES: Final[list[dict[str, list[str]]]] = [{"gitHub": []}, {"gitLab": []}]


def describe(endpoints: Iterable[Endpoint]) -> bytes:
    """The document as JSON."""
    endpoints = list(endpoints)
    types = _types(endpoints)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_type)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Doorward",
            "version": __version__,
            "summary": "May this subject do this? Answered from Casbin policy in git.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "gitHub": {"type": "apiKey", "in": "header", "name": "X-Hub-Signature-256"},
                "gitLab": {"type": "apiKey", "in": "header", "name": "X-Gitlab-Token"},
            },
        },
    }
    return msgspec.json.encode(document)


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.signed:
        return _SIGNATURES
    return _SECURITY if endpoint.scope is not None else [{}, *_SECURITY]


def _types(endpoints: Iterable[Endpoint]) -> list[Any]:
    found: dict[str, Any] = {repr(ProblemDetails): ProblemDetails}
    for endpoint in endpoints:
        for described in (endpoint.body, *endpoint.answers.values()):
            found |= {repr(one): one for one in _alternatives(described)}
        found |= {repr(one): one for one in endpoint.media.values()}
    return list(found.values())


def _alternatives(described: type | tuple[type, ...] | str | None) -> tuple[type, ...]:
    if described is None or isinstance(described, str):
        return ()
    return described if isinstance(described, tuple) else (described,)


def _schema(described: type | tuple[type, ...] | str, schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON Schema
    either = [schemas[repr(one)] for one in _alternatives(described)]
    return {"anyOf": either} if len(either) > 1 else next(iter(either), {})


def _problem(status: int, schemas: Mapping[str, Any]) -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": schemas[repr(ProblemDetails)]}}
    return {"description": _PROBLEMS[status], "content": content}


def _parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    echoed = "Echoed in the answer if it is at most 128 printable ASCII characters"
    yield _parameter("X-Request-ID", "header", echoed)
    if endpoint.from_policy:
        yield _parameter("Doorward-Min-Revision", "header", _MIN_REVISION, {"pattern": REVISION_PATTERN})
    if endpoint.from_facts:
        yield _parameter("Doorward-Min-Facts", "header", _MIN_FACTS, {"pattern": FACTS_PATTERN})
    if endpoint.once:
        yield _parameter("Idempotency-Key", "header", _ONCE, _ONCE_SHAPE)
    if endpoint.versioned and endpoint.method != "GET":
        yield _parameter("If-Match", "header", _IF_MATCH, _IF_MATCH_SHAPE)
    for name in re.findall(r"{(\w+)}", endpoint.path):
        yield _parameter(name, "path", "As its list calls it", {"minLength": 1})
    for name, parameter in endpoint.parameters.items():
        yield _parameter(name, "query", parameter.about, parameter.shape or _SHAPES.get(name, {}))


def _parameter(name: str, place: str, about: str, shape: Mapping[str, object] = _ANY_TEXT) -> dict[str, Any]:
    schema = {"type": "string", **shape}
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": about}


def _operation(endpoint: Endpoint, schemas: Mapping[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, one in endpoint.answers.items():
        if one is ProblemDetails:
            answers[str(status)] = _problem(status, schemas)
            continue
        if one is None:
            answers[str(status)] = {"description": "Done", "headers": {"X-Request-ID": _ECHOED}}
            continue
        media = one.split(";", maxsplit=1)[0] if isinstance(one, str) else JSON
        schema = _schema(one, schemas)
        answers[str(status)] = {
            "description": "The answer",
            "headers": {"X-Request-ID": _ECHOED},
            "content": {media: {"schema": schema}},
        }
    has_body = endpoint.body is not None
    takes_input = has_body or endpoint.from_policy or endpoint.once or bool(endpoint.parameters)
    left_out = (
        _OF_SOME | ({400} if not takes_input else set()) | ({413} if not (has_body or endpoint.signed) else set())
    )
    for status in _PROBLEMS.keys() - left_out:
        answers.setdefault(str(status), _problem(status, schemas))
    described: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": list(_parameters(endpoint)),
        "security": _security(endpoint),
        "responses": answers,
    }
    if endpoint.scope is not None:
        described["description"] = f"Needs a key with the scope `{endpoint.scope.value}`."
    if endpoint.signed:
        described["description"] = "Needs the `signature` of a webhook: X-Hub-Signature-256 or X-Gitlab-Token."
    if endpoint.body is not None:
        content = {JSON: {"schema": _schema(endpoint.body, schemas)}}
        content |= {kind: {"schema": schemas[repr(one)]} for kind, one in endpoint.media.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described
