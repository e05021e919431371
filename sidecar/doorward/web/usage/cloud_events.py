"""CloudEvents 1.0 over HTTP to usage events: structured, batched and binary (cloudevents/spec, HTTP binding 1.0.2)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from doorward.domain.errors import BadRequest, DoorwardError
from doorward.domain.names import MAX_NAME
from doorward.domain.usage import MOST_EVENTS, UsageEvent, check_event_id, check_source, together
from doorward.web.http import JSON, Request
from doorward.web.strict_json import decode_value
from doorward.web.times import read_instant
from doorward.web.usage.plain_events import read_plain_batch

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_BINARY_PREFIX: Final = "ce-"
_ATTRIBUTES: Final = ("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema")
_encode: Final = json.JSONEncoder(sort_keys=True).encode


def read_events(request: Request) -> list[UsageEvent]:
    """The events of a request. Raises BadRequest naming each that is none, with its place."""
    media = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media == JSON and request.header(_BINARY_PREFIX + "specversion") is not None:
        return [_event("", dict(_binary(request)))]
    if media == BATCH or (media == JSON and request.body[:1] == b"["):
        events = read_plain_batch(request.body)
        if events is not None:
            return events
    value = decode_value(request.body)
    if media == BATCH or (media == JSON and isinstance(value, list)):
        return _batch(value)
    return [_event("", _object("the body", value))]


def _batch(value: object) -> list[UsageEvent]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_EVENTS:
        raise BadRequest(f"the body must be an array of 1 to {MOST_EVENTS} events")
    events: list[UsageEvent] = []
    faults: list[DoorwardError] = []
    for number, one in enumerate(value):
        try:
            events.append(_event(f"[{number}].", _object(f"[{number}]", one)))
        except BadRequest as fault:
            faults.append(fault)
    if faults:
        raise together(faults)
    return events


def _binary(request: Request) -> Iterator[tuple[str, Any]]:
    """The attributes of an event whose data is the body; in headers, texts are percent-encoded."""
    for name in _ATTRIBUTES:
        text = request.header(_BINARY_PREFIX + name)
        if text is not None and name != "datacontenttype":
            try:
                yield name, unquote(text, errors="strict")
            except UnicodeDecodeError as error:
                raise BadRequest(f"ce-{name}: is not percent-encoded UTF-8") from error
    if request.body:
        yield "data", decode_value(request.body)


def _object(place: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadRequest(f"{place} must be a CloudEvent: a JSON object with specversion, id, source and type")
    return value


def _event(place: str, given: Mapping[str, Any]) -> UsageEvent:
    """An event by its attributes; null is left out, and extensions are not looked at."""
    if given.get("specversion") != "1.0":
        raise BadRequest(f'{place}specversion: must be "1.0"')
    content = given.get("datacontenttype")
    if content is not None and not _is_json(content):
        raise BadRequest(f"{place}datacontenttype: must be {JSON}; data is a JSON object")
    if given.get("data_base64") is not None:
        raise BadRequest(f"{place}data_base64: is not taken; send data, a JSON object like {{value: 1}}")
    data = given.get("data")
    if data is not None and not isinstance(data, dict):
        raise BadRequest(f"{place}data: must be an object like {{value: 1}}")
    data = data or {}
    subject, time = given.get("subject"), given.get("time")
    at = None if time is None else read_instant(f"{place}time", time)
    meter = given.get("type")
    if not isinstance(meter, str) or not 1 <= len(meter) <= MAX_NAME:
        raise BadRequest(f"{place}type: must be the name of a meter or a limit")
    return UsageEvent(
        place=place,
        id=check_event_id(f"{place}id", given.get("id")),
        source=check_source(f"{place}source", given.get("source")),
        meter=meter,
        tenant="" if subject is None else check_event_id(f"{place}subject", subject),
        at=at,
        value=data.get("value"),
        corrects=data.get("corrects"),
        digest=_digest(place, meter, at, data),
    )


def _is_json(content: object) -> bool:
    if not isinstance(content, str):
        return False
    kind = content.partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))


def _digest(place: str, meter: str, at: int | None, data: Mapping[str, Any]) -> str:
    """What an event is known by under its source and id: the same one may come again in another form."""
    try:
        what = _encode(["report", meter, at, data])
    except RecursionError as error:  # what could be read just so cannot be written
        raise BadRequest(f"{place}data: is nested too deeply") from error
    return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()
