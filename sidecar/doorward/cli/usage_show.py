"""`doorward usage show`: how everything stands that a tenant uses, with bars on a terminal."""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.terminal import print_json, table, visible

_COLUMNS: Final = ("name", "used", "held", "of", "per", "resets", "")
_MINUTE: Final = len("2026-12-01T13:00")
_BAR: Final = 20
_FULL: Final = 100
Item = Mapping[str, Any]


@click.command("show")
@click.argument("tenant")
@ask_options
def show_usage(*, tenant: str, url: str | None, as_json: bool) -> None:
    """Show how all limits and meters of TENANT stand."""
    with asked(url, "the scope usage:read") as client:
        answer = json.loads(client.request("GET", f"/v1/usage?tenant={quote(tenant, safe='')}").body)
    if as_json:
        print_json(answer)
        return
    click.echo(f"{visible(answer['tenant'])}, plan {visible(answer['plan'] or 'none')}")
    has_bars = sys.stdout.isatty()
    table(_COLUMNS, [_row(one, has_bars=has_bars) for one in answer["items"]])


def _row(one: Item, *, has_bars: bool) -> list[str]:
    resets = "" if one["resets_at"] is None else one["resets_at"][:_MINUTE].replace("T", " ") + "Z"
    unit = f" {one['unit']}" if one["unit"] else ""
    numbers = [str(one[name]) for name in ("used", "held", "limit")]
    return [visible(one["name"]), numbers[0] + unit, *numbers[1:], one["per"], resets, bar(one["percent"], has_bars)]


def bar(percent: int | None, has_bars: bool) -> str:  # noqa: FBT001 - whether there is room for one
    """How much of a limit is used; one that is unlimited, or 0, has none."""
    if percent is None:
        return ""
    if not has_bars:
        return f"{percent}%"
    filled = min(_BAR, -(-percent * _BAR // _FULL))
    full, empty = ("█", "░") if "utf" in (sys.stdout.encoding or "").lower() else ("#", ".")
    return f"{full * filled}{empty * (_BAR - filled)} {percent}%"
