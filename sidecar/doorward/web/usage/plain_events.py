"""A shorter way for plain batches of CloudEvents, with the strictness of web/cloud_events.

As in web/fast_json, what msgspec reads counts only where no member was dropped: a body has as many colons as its events
have members, and their texts have colons. An escape, a member that is not looked at, an event at fault: anything else
leads to the strict way, which says what is wrong.
"""

import hashlib
from json.encoder import encode_basestring_ascii
from typing import Final, Literal

import msgspec

from doorward.domain.errors import BadRequest
from doorward.domain.names import MAX_NAME
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.usage import MOST_EVENTS, UsageEvent, check_event_id, check_source
from doorward.web.times import read_instant

_PLACES: Final = tuple(f"[{number}]." for number in range(MOST_EVENTS))
_ALWAYS: Final = 4
"""How many members every event has: specversion, id, source, type."""


class _Data(msgspec.Struct):
    value: int | str | None = None
    corrects: str | None = None


class _Event(msgspec.Struct):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    datacontenttype: Literal["application/json"] | None = None
    data: _Data | None = None


_What = tuple[str, int | None, int | str | None, str | None]
_decode: Final = msgspec.json.Decoder(list[_Event]).decode
_NO_DATA: Final = _Data()


def read_plain_batch(body: bytes) -> list[UsageEvent] | None:
    """The events of a batch, or None where the strict way has to look at it."""
    if b"\\" in body:
        return None
    try:
        found = _decode(body)
        if not 1 <= len(found) <= MOST_EVENTS or body.count(b":") != sum(map(_colons, found)):
            return None
        return _events(found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadRequest):
        return None


def _colons(one: _Event) -> int:
    """How many colons an event takes: one a member, and those of its texts."""
    data = one.data
    count = _ALWAYS + one.id.count(":") + one.source.count(":") + one.type.count(":")
    if one.subject is not None:
        count += 1 + one.subject.count(":")
    if one.time is not None:
        count += 1 + one.time.count(":")
    if one.datacontenttype is not None:
        count += 1
    if data is not None:
        count += 1 + (data.value is not None)
        if isinstance(data.value, str):
            count += data.value.count(":")
        if data.corrects is not None:
            count += 1 + data.corrects.count(":")
    return count


def _events(found: list[_Event]) -> list[UsageEvent]:
    """Events from what was read; what many have alike is checked once. Raises BadRequest where one is at fault."""
    events: list[UsageEvent] = []
    digests: dict[_What, str] = {}
    sources: set[str] = set()
    tenants: set[str | None] = {None}
    for place, one in zip(_PLACES, found, strict=False):
        meter, source, tenant = one.type, one.source, one.subject
        data = one.data or _NO_DATA
        at = None if one.time is None else read_instant("time", one.time)
        if not 1 <= len(meter) <= MAX_NAME:
            raise BadRequest("type")
        if source not in sources:
            sources.add(check_source("source", source))
        if tenant not in tenants:
            tenants.add(check_event_id("subject", tenant))
        what = (meter, at, data.value, data.corrects)
        digest = digests.get(what)
        if digest is None:
            digest = digests[what] = _digest(*what)
        event_id = check_event_id("id", one.id)
        events.append(UsageEvent(place, event_id, source, meter, tenant or "", at, data.value, data.corrects, digest))
    return events


def _digest(meter: str, at: int | None, value: int | str | None, corrects: str | None) -> str:
    """The digest of web/cloud_events, without making its JSON by way of objects."""
    members = []
    if corrects is not None:
        members.append(f'"corrects": {encode_basestring_ascii(corrects)}')
    if isinstance(value, str):
        members.append(f'"value": {encode_basestring_ascii(value)}')
    elif value is not None:
        if not -MAX_AMOUNT <= value <= MAX_AMOUNT:
            raise BadRequest("value")
        members.append(f'"value": {value}')
    when = "null" if at is None else at
    what = f'["report", {encode_basestring_ascii(meter)}, {when}, {{{", ".join(members)}}}]'
    return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()
