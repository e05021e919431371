"""How recorded things are shown: as the API's JSON, as tables, and one by one."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import click

from doorward.cli.terminal import print_json, table, visible
from doorward_sdk import NewApiKey, User

_WIDTH = 20


def wire(value: object) -> Any:  # noqa: ANN401 - whatever JSON says
    """A value as the API says it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, NewApiKey):
        return {"key": value.key, **wire(value.item)}
    if is_dataclass(value):
        return {one.name: wire(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [wire(one) for one in value]
    return value


def print_wire(value: object) -> None:
    """Print what the API answered with one thing."""
    print_json(wire(value))


def print_items(items: Iterable[object]) -> None:
    """Print a whole list as the API prints a page."""
    print_json({"items": [wire(one) for one in items], "next": None})


def show_table(items: Iterable[object], columns: Sequence[str]) -> None:
    """Print things as rows; a column is the name of a member. That there is none is said on standard error."""
    rows = [[visible(_brief(one, name)) for name in columns] for one in items]
    table([one.removesuffix("_at") for one in columns], rows, or_blocks=True)
    if not rows:
        click.echo("  none", err=True)


def _brief(item: object, name: str) -> str:
    """A member as a table has room for it: roles in the user's own tenant by their names alone."""
    if isinstance(item, User) and name == "roles":
        return ", ".join(one.role if one.tenant == item.tenant_id else _member(one) for one in item.roles)
    return _text(getattr(item, name))


def show_one(item: object) -> None:
    """Print the members of one thing, a line each; what is empty is left out."""
    if not is_dataclass(item):
        raise TypeError(f"{type(item).__name__} has no members to show")
    for one in fields(item):
        text = _cell(item, one.name)
        if text:
            click.echo(f"{one.name:<{_WIDTH}} {text}")


def _cell(item: object, name: str) -> str:
    return visible(_text(getattr(item, name)))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%SZ")
        case tuple():
            return ", ".join(map(_member, value))
        case Mapping():
            return ", ".join(f"{name}={_plain(one)}" for name, one in value.items())
        case _:
            return _member(value)


def _member(value: object) -> str:
    """A value in one word or two: a role with its tenant, the beginning of a secret with its end."""
    if not is_dataclass(value):
        return str(value)
    first, *rest = (_text(getattr(value, one.name)) for one in fields(value) if one.name != "created_at")
    more = ", ".join(filter(None, rest))
    return f"{first} ({more})" if more else first


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
