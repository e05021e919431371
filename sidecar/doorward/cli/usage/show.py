"""`doorward usage show`: how everything stands that a tenant uses, with bars on a terminal."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.terminal import print_json, table, visible

_COLUMNS: Final = ("name", "used", "held", "of", "per", "resets", "")
_MINUTE: Final = len("2026-12-01T13:00")
BAR: Final = 20
_SHORTEST_BAR: Final = 5
_GAP: Final = 2
_FULL: Final = 100
Item = Mapping[str, Any]


@click.command("show")
@click.argument("tenant")
@ask_options
def show_usage(*, tenant: str, url: str | None, as_json: bool) -> None:
    """Show how all limits and meters of TENANT stand.  Exit code 1: there is no such tenant."""
    with asked(url, "the scope usage:read") as client:
        answer = json.loads(client.request("GET", f"/v1/usage?tenant={quote(tenant, safe='')}").body)
    if as_json:
        print_json(answer)
        return
    click.echo(f"{visible(answer['tenant'])}, plan {visible(answer['plan'] or 'none')}")
    rows = [_row(one) for one in answer["items"]]
    length = _bar_length(rows) if sys.stdout.isatty() else 0
    shares = [bar(one["percent"], length) for one in answer["items"]]
    table(_COLUMNS, [[*row, share] for row, share in zip(rows, shares, strict=True)])


def _row(one: Item) -> list[str]:
    resets = "" if one["resets_at"] is None else one["resets_at"][:_MINUTE].replace("T", " ") + "Z"
    unit = f" {one['unit']}" if one["unit"] else ""
    numbers = [str(one[name]) for name in ("used", "held", "limit")]
    return [visible(one["name"]), numbers[0] + unit, *numbers[1:], one["per"], resets]


def _bar_length(rows: Sequence[Sequence[str]]) -> int:
    """How long bars are that stand beside these rows on a line of the terminal; 0 where there is no room for any."""
    taken = sum(max(map(len, column)) + _GAP for column in zip(_COLUMNS[:-1], *rows, strict=True))
    room = shutil.get_terminal_size().columns - taken - len(f" {_FULL}%")
    return min(BAR, room) if room >= _SHORTEST_BAR else 0


def bar(percent: int | None, length: int) -> str:
    """How much of a limit is used; one that is unlimited, or 0, has none. A bar of length 0 is the figure alone."""
    if percent is None:
        return ""
    if not length:
        return f"{percent}%"
    filled = min(length, -(-percent * length // _FULL))
    full, empty = ("█", "░") if "utf" in (sys.stdout.encoding or "").lower() else ("#", ".")
    return f"{full * filled}{empty * (length - filled)} {percent}%"
