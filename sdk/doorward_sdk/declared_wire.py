"""Rules, roles and changes of policy from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable, TypeVar
from urllib.parse import quote

from doorward_sdk.declared import InheritedRole, PendingChange, PolicyChange, Role, Rule
from doorward_sdk.errors import MalformedAnswer, RequestFailed

if TYPE_CHECKING:
    from doorward_sdk.transport.seam import Response

_ACCEPTED = 202
_MOST_READINGS = 5
_Item = TypeVar("_Item")
_Members = Mapping[str, object]


def path_of(collection: str, name: str) -> str:
    """The path of one thing of a collection."""
    return f"{collection}/{quote(name, safe='')}"


def all_items(ask: Callable[[str], Response], collection: str, read: Callable[[object], _Item]) -> list[_Item]:
    """Every item of a list, page by page, all of one policy revision.

    Raises:
        MalformedAnswer: a page is none, or leads to itself.
        RequestFailed: the policy changed between pages, each time that the list was begun again.
    """
    for _ in range(_MOST_READINGS):
        items = _read_through(ask, collection, read)
        if items is not None:
            return items
    raise RequestFailed(f"the policy changed while {collection} was read, {_MOST_READINGS} times; ask again")


def _read_through(
    ask: Callable[[str], Response], collection: str, read: Callable[[object], _Item]
) -> list[_Item] | None:
    """The items of all pages; None where the policy changed between two, for a cursor only counts items."""
    items: list[_Item] = []
    cursor: str | None = None
    revision: str | None = None
    while True:
        answer = ask(collection if cursor is None else f"{collection}?cursor={quote(cursor)}")
        page, served = _members(answer.json()), answer.headers.get("doorward-revision")
        if cursor is not None and served != revision:
            return None
        revision = served
        listed, following = page.get("items"), page.get("next")
        if not isinstance(listed, list):
            raise MalformedAnswer("the answer is no list of items")
        items += [read(one) for one in listed]
        if following is None:
            return items
        if not isinstance(following, str) or following == cursor or not listed:
            raise MalformedAnswer("the answer leads to no next page")
        cursor = following


def rule_of(value: object) -> Rule:
    """A rule. Raises MalformedAnswer."""
    told = _members(value)
    return Rule(
        name=_text(told, "name"),
        place=_text(told, "place"),
        description=_text_or_none(told, "description"),
        subject=_text_or_none(told, "subject"),
        tenant=_text_or_none(told, "tenant"),
        resource=_text_or_none(told, "resource"),
        action=_text_or_none(told, "action"),
        when=_text_or_none(told, "when"),
        effect=_text(told, "effect"),
        gate=_text_or_none(told, "gate"),
    )


def role_of(value: object) -> Role:
    """A role. Raises MalformedAnswer."""
    told = _members(value)
    inherits = [_members(one) for one in _list(told, "inherits")]
    return Role(
        name=_text(told, "name"),
        description=_text_or_none(told, "description"),
        permissions=tuple(_texts(told, "permissions")),
        rules=tuple(_texts(told, "rules")),
        inherits=tuple(InheritedRole(_text(one, "role"), _text(one, "tenant")) for one in inherits),
    )


def change_of(value: object) -> PolicyChange:
    """A change that is served. Raises MalformedAnswer."""
    told = _members(value)
    return PolicyChange(commit=_text(told, "commit"), revision=_text(told, "revision"))


def made_of(response: Response, read: Callable[[object], _Item]) -> _Item | PendingChange:
    """What a change made, or that it waits. Raises MalformedAnswer."""
    value = response.json()
    if response.status != _ACCEPTED:
        return read(value)
    told = _members(value)
    return PendingChange(commit=_text(told, "commit"), branch=_text(told, "branch"))


def _members(value: object) -> _Members:
    if not isinstance(value, Mapping):
        raise MalformedAnswer("the answer is no object where one belongs")
    return value


def _text(told: _Members, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise MalformedAnswer(f"the answer has no text {name!r}")
    return value


def _text_or_none(told: _Members, name: str) -> str | None:
    return None if told.get(name) is None else _text(told, name)


def _list(told: _Members, name: str) -> list[object]:
    value = told.get(name)
    if not isinstance(value, list):
        raise MalformedAnswer(f"the answer has no list {name!r}")
    return value


def _texts(told: _Members, name: str) -> list[str]:
    values = _list(told, name)
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) != len(values):
        raise MalformedAnswer(f"the answer's list {name!r} holds other things than texts")
    return texts
