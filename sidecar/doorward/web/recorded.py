"""What endpoints of recorded things share: who asks, versions (ETag, If-Match), requests that are asked twice."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from doorward.domain.actors import Actor, Once, Replayed
from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest
from doorward.domain.record_names import ID_PATTERN
from doorward.services.recording import Done, Recorder
from doorward.web.http import FACTS, REPLAYED, Headers, Request, Response, json_response, request_id
from doorward.web.pages import MOST, PAGE, is_number, read_query

IDEMPOTENCY_KEY: Final = "idempotency-key"
IF_MATCH: Final = "if-match"
_KEY: Final = re.compile(r'"([\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})')
_TAG: Final = re.compile(r'\s*(W/)?"([^"]*)"\s*')
_AFTER: Final = re.compile(ID_PATTERN.removesuffix("$") + r"\Z")
_LONGEST_VERSION: Final = 18
_T = TypeVar("_T")
Item = TypeVar("Item")
Answer = Callable[[_T], Response]


def actor_of(request: Request, caller: Caller) -> Actor:
    """Who asks."""
    return Actor(caller=caller, address=request.address, request_id=request_id(request))


def change(
    name: str,
    request: Request,
    caller: Caller,
    work: Callable[[Actor], Done[_T]],
    answer: Callable[[_T], Response],
) -> Response:
    """Carry out a change and answer it, or give the answer that the same request got before.

    Args:
        name: the endpoint's: one Idempotency-Key is for one request of one endpoint.
        request: what came.
        caller: who sent it.
        work: carries the change out.
        answer: makes the answer of what it came to.
    """

    def answered(value: _T, version: int) -> Response:
        response = answer(value)
        response.headers = [*response.headers, (FACTS, str(version))]
        return response

    def written(value: _T, version: int) -> str:
        return _written(answered(value, version))

    key = idempotency_key(request)
    once = None if key is None else Once(key=key, request=_same(name, request), answer=written)
    actor = Actor(caller=caller, address=request.address, request_id=request_id(request), once=once)
    try:
        done = work(actor)
    except Replayed as replayed:
        return _replayed(replayed)
    return answered(done.value, done.version)


def change_beside(  # noqa: PLR0913 - what is carried out, and when it is not
    name: str,
    request: Request,
    caller: Caller,
    recorder: Recorder,
    work: Callable[[], Response],
    *,
    seconds: int | None = None,
) -> Response:
    """Carry out a change that is no transaction of the database, or give the answer that the same request got.

    It is given for `seconds`, if that is less than answers are kept.
    """
    key = idempotency_key(request)
    if key is None:
        return work()
    once = Once(
        key=key, request=_same(name, request), answer=lambda response, _version: _written(response), seconds=seconds
    )
    try:
        return recorder.run_beside(Actor(caller=caller, once=once), work)
    except Replayed as replayed:
        return _replayed(replayed)


def _written(response: Response) -> str:
    return json.dumps([response.status, response.headers, response.body.decode()])


def _replayed(replayed: Replayed) -> Response:
    status, headers, body = json.loads(replayed.answer)
    kept: Headers = [(header, value) for header, value in headers]
    return Response(status, [*kept, (REPLAYED, "true")], body.encode())


def _same(name: str, request: Request) -> bytes:
    """All that makes a request the same."""
    place = json.dumps([name, sorted(request.parameters.items()), request.query, request.header(IF_MATCH)])
    return place.encode() + b"\n" + request.body


def idempotency_key(request: Request) -> str | None:
    """What Idempotency-Key says; None where it is not there. Raises BadRequest."""
    given = request.header(IDEMPOTENCY_KEY)
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise BadRequest("Idempotency-Key must be 1 to 255 visible ASCII characters, in double quotes or without")
    return found[1] or found[2]


def wanted_versions(request: Request) -> frozenset[int] | None:
    """The versions that If-Match names; None where any will do. A weak tag matches nothing (RFC 9110, 13.1.1)."""
    given = request.header(IF_MATCH)
    if given is None or given.strip() == "*":
        return None
    found = set()
    for part in given.split(","):
        tag = _TAG.fullmatch(part)
        if tag is None:
            raise BadRequest('If-Match must be what ETag said, like "3", several joined by commas, or *')
        if tag[1] is None and tag[2].isascii() and tag[2].isdecimal() and len(tag[2]) <= _LONGEST_VERSION:
            found.add(int(tag[2]))
    return frozenset(found)


def item_response(status: int, item: object, version: int, headers: Headers | None = None) -> Response:
    """An item with its version as ETag."""
    return json_response(status, item, [("etag", f'"{version}"'), *(headers or [])])


def no_content(_value: object = None) -> Response:
    """204."""
    return Response(204, [], b"")


def read_after(request: Request, known: Sequence[str] = ()) -> tuple[str, dict[str, str]]:
    """The id that a cursor stands for, empty without one, and the other parameters that were given."""
    given = read_query(request, ("cursor", *known))
    after = given.pop("cursor", "")
    if after and not _AFTER.match(after):
        raise BadRequest("cursor must be `next` of the page before")
    return after, given


def read_id_page(request: Request, known: Sequence[str] = ()) -> tuple[str, int, dict[str, str]]:
    """Where a page of things by id begins, how many it has, and the filters that were given."""
    after, given = read_after(request, ("limit", *known))
    limit = given.pop("limit", str(PAGE))
    if not is_number(limit) or not 1 <= int(limit) <= MOST:
        raise BadRequest(f"limit must be a number from 1 to {MOST}")
    return after, int(limit), given


def id_page(items: Sequence[Item], count: int, id_of: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """A page and the cursor of the next one, of `count` items and one more where there is one."""
    page = items[:count]
    return page, id_of(page[-1]) if len(items) > count else None


def flag(given: dict[str, str], name: str) -> bool:
    """A parameter that is true or false; false where it is left out."""
    value = given.get(name, "false")
    if value not in {"true", "false"}:
        raise BadRequest(f"{name} must be true or false")
    return value == "true"
