"""Rules, roles and changes of policy from the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar
from urllib.parse import quote

from doorward_sdk.errors import MalformedAnswer, RequestFailed
from doorward_sdk.policy.declared import InheritedRole, PendingChange, PolicyChange, Role, Rule
from doorward_sdk.wire.members import list_in, members_of, text_in, text_or_none_in, texts_in

if TYPE_CHECKING:
    from doorward_sdk.transport.seam import Response

_ACCEPTED = 202
_MOST_READINGS = 5
_Item = TypeVar("_Item")


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
        page, served = members_of(answer.json()), answer.headers.get("doorward-revision")
        if cursor is not None and served != revision:
            return None
        revision = served
        listed, following = list_in(page, "items"), text_or_none_in(page, "next")
        items += [read(one) for one in listed]
        if following is None:
            return items
        if following == cursor or not listed:
            raise MalformedAnswer("the answer leads to no next page")
        cursor = following


def rule_of(value: object) -> Rule:
    """A rule. Raises MalformedAnswer."""
    told = members_of(value)
    return Rule(
        name=text_in(told, "name"),
        place=text_in(told, "place"),
        description=text_or_none_in(told, "description"),
        subject=text_or_none_in(told, "subject"),
        tenant=text_or_none_in(told, "tenant"),
        resource=text_or_none_in(told, "resource"),
        action=text_or_none_in(told, "action"),
        when=text_or_none_in(told, "when"),
        effect=text_in(told, "effect"),
        gate=text_or_none_in(told, "gate"),
    )


def role_of(value: object) -> Role:
    """A role. Raises MalformedAnswer."""
    told = members_of(value)
    inherits = [members_of(one) for one in list_in(told, "inherits")]
    return Role(
        name=text_in(told, "name"),
        description=text_or_none_in(told, "description"),
        permissions=texts_in(told, "permissions"),
        rules=texts_in(told, "rules"),
        inherits=tuple(InheritedRole(text_in(one, "role"), text_in(one, "tenant")) for one in inherits),
    )


def change_of(value: object) -> PolicyChange:
    """A change that is served. Raises MalformedAnswer."""
    told = members_of(value)
    return PolicyChange(commit=text_in(told, "commit"), revision=text_in(told, "revision"))


def made_of(response: Response, read: Callable[[object], _Item]) -> _Item | PendingChange:
    """What a change made, or that it waits. Raises MalformedAnswer."""
    value = response.json()
    if response.status != _ACCEPTED:
        return read(value)
    told = members_of(value)
    return PendingChange(commit=text_in(told, "commit"), branch=text_in(told, "branch"))
