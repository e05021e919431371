"""`doorward billing record-usage`: tell that something was used."""

import json
import re
import uuid
from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.terminal import Exit, fail, print_json
from doorward_sdk import ProblemResponse, Unreachable

SOURCE: Final = "doorward-cli"
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_OPTIONS: Final = {
    "subject": "--tenant-id",
    "type": "--metric",
    "data.value": "--value",
    "data.corrects": "--corrects",
    "id": "--id",
    "time": "--time",
}
_MEMBER: Final = re.compile(r"^(subject|type|id|time)(?=:)|\bdata\.(value|corrects)\b")


@click.command("record-usage")
@click.option("--tenant-id", required=True, metavar="ID", help="Whose usage.")
@click.option("--metric", required=True, metavar="NAME", help="A meter or a limit.")
@click.option("--value", metavar="VALUE", help="How much, or what is told apart.  [default: 1]")
@click.option("--id", "event_id", metavar="ID", help="The same one again is counted once.  [default: one is made]")
@click.option("--time", metavar="TIME", help="When it was, like 2026-12-31T12:00:00Z.  [default: now]")
@click.option("--corrects", metavar="ID", help="The event of this command that a value less than 0 takes back.")
@ask_options
def record_usage(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str,
    metric: str,
    value: str | None,
    event_id: str | None,
    time: str | None,
    corrects: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Count what was used, whatever the limits say.  Exit code 1: it cannot be counted."""
    given = event_id or str(uuid.uuid4())
    number = int(value) if value is not None and _INTEGER.fullmatch(value) else value
    data = {name: one for name, one in (("value", number), ("corrects", corrects)) if one is not None}
    event: dict[str, object] = {"specversion": "1.0", "id": given, "source": SOURCE, "type": metric, "data": data}
    event |= {"subject": tenant_id} | ({} if time is None else {"time": time})
    with asked(url, "the scope usage:write") as client:
        try:
            answer = json.loads(client.request("POST", "/v1/usage/events", event).body)
        except Unreachable as error:
            fail(Exit.UNREACHABLE, str(error), f"it may have been counted; do it again with --id {given} to be sure")
        except ProblemResponse as error:
            error.detail = error.detail and by_option(error.detail)
            raise
    if as_json:
        print_json(answer)
    elif answer["repeated"]:
        click.echo(f"{given} was recorded before, and is counted once")
    else:
        click.echo(f"recorded {given}")


def by_option(detail: str) -> str:
    """What is wrong with the event, by the options that it was made of instead of its members."""
    return _MEMBER.sub(lambda member: _OPTIONS[member[0]], detail)
