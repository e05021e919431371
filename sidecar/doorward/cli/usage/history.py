"""`doorward usage history|thresholds`: what a tenant used when, and which shares of limits it reached."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.features.options import Moment
from doorward.cli.terminal import print_json, table, visible
from doorward.cli.usage.show import BAR, bar
from doorward_sdk import Doorward

_SCOPE: Final = "the scope usage:read"
_SHOWN: Final = {"hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "month": "%Y-%m"}
_SECOND: Final = len("2026-12-01T13:00:00")
_FULL: Final = 100
Item = Mapping[str, Any]


@click.command("history")
@click.argument("tenant")
@click.argument("meter")
@click.option(
    "--by",
    type=click.Choice([*_SHOWN]),
    default="day",
    help="How long each row is, in the tenant's time zone.  [default: day]",
)
@click.option("--start", type=Moment(), metavar="TIME", help="From when on.  [default: a day, month or year ago]")
@click.option("--end", type=Moment(), metavar="TIME", help="Until before when.  [default: now]")
@ask_options
def show_history(  # noqa: PLR0913 - one parameter an option
    *, tenant: str, meter: str, by: str, start: datetime | None, end: datetime | None, url: str | None, as_json: bool
) -> None:
    """Show what TENANT used of METER, by hours, days or months.  Exit code 1: there is no such tenant or meter."""
    given = {"tenant": tenant, "by": by, "start": _text(start), "end": _text(end)}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    with asked(url, _SCOPE) as client:
        answer = json.loads(client.request("GET", f"/v1/usage/{quote(meter, safe='')}?{query}").body)
    if as_json:
        print_json(answer)
        return
    unit = f" {answer['unit']}" if answer["unit"] else ""
    total = f"{answer['total']}{unit} ({answer['aggregation']})"
    click.echo(f"{visible(answer['tenant'])}, {visible(answer['name'])}: {visible(total)}")
    _print_series(answer, _SHOWN[by])


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _print_series(answer: Item, shown: str) -> None:
    series = answer["series"]
    zone = ZoneInfo(answer["time_zone"])
    most = max((one["value"] for one in series), default=0)
    length = BAR if sys.stdout.isatty() and most else 0
    rows = [
        [
            datetime.fromisoformat(one["start"]).astimezone(zone).strftime(shown),
            str(one["value"]),
            bar(one["value"] * _FULL // most, length).partition(" ")[0] if length else "",
        ]
        for one in series
    ]
    table([f"from ({answer['time_zone']})", "used", ""], rows)


@click.command("thresholds")
@click.argument("tenant")
@ask_options
def show_thresholds(*, tenant: str, url: str | None, as_json: bool) -> None:
    """Show which shares of its limits TENANT reached, the oldest first, and whether the webhook was told of each.

    Exit code 1: there is no such tenant.
    """
    with asked(url, _SCOPE) as client:
        found = list(_thresholds(client, tenant))
        if not found:
            client.request("GET", f"/v1/usage?{urlencode({'tenant': tenant})}")  # is there such a tenant?
    if as_json:
        print_json({"items": found, "next": None})
        return
    rows = [
        [
            visible(one["name"]),
            one["per"],
            f"{one['percent']}%",
            f"{one['used']} of {one['limit']}",
            _moment(one["passed_at"]),
            _moment(one["delivered_at"]),
        ]
        for one in found
    ]
    table(("name", "per", "share", "used", "reached", "told"), rows)
    if not rows:
        click.echo("  none", err=True)


def _thresholds(client: Doorward, tenant: str) -> Iterator[Item]:
    """All of a tenant, page by page."""
    query = {"tenant": tenant}
    while True:
        page = json.loads(client.request("GET", f"/v1/usage/thresholds?{urlencode(query)}").body)
        yield from page["items"]
        if page["next"] is None or page["next"] == query.get("cursor"):
            return
        query["cursor"] = page["next"]


def _moment(text: str | None) -> str:
    return "" if text is None else text[:_SECOND].replace("T", " ") + "Z"
