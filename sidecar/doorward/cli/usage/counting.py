"""`doorward usage check|consume|return`: is there room, take some, give it back."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.terminal import Exit, fail, print_json, table
from doorward_sdk import Doorward, Unreachable

_COUNT: Final = click.IntRange(1)
_COLUMNS: Final = ("limit", "used", "held", "of", "remaining", "per", "resets")
_MINUTE: Final = len("2026-12-01T13:00")
_SECOND: Final = len("2026-12-01T13:00:00")
Answer = Mapping[str, Any]


@click.command("check")
@click.argument("tenant")
@click.argument("limit")
@click.option("--current", type=click.IntRange(0), metavar="N", help="How much is used.  [default: what was counted]")
@click.option("--amount", type=_COUNT, default=1, metavar="N", help="How much more.  [default: 1]")
@ask_options
def check_limit(  # noqa: PLR0913 - one parameter an option
    *, tenant: str, limit: str, current: int | None, amount: int, url: str | None, as_json: bool
) -> None:
    """Is there room for one more under a LIMIT of TENANT?  Exit code 1: there is none. Nothing is counted."""
    body: dict[str, object] = {"tenant": tenant, "limit": limit, "amount": amount}
    if current is not None:
        body["current"] = current
    with asked(url, "the scope decide") as client:
        answer = _sent(client, "/v1/limits/check", body)
    _end(answer, [answer], "there is room", "there is no room", as_json=as_json)


@click.command("consume")
@click.argument("tenant")
@click.argument("limits", nargs=-1, required=True, metavar="LIMIT[=AMOUNT]...")
@click.option("--amount", type=_COUNT, default=1, metavar="N", help="How much of those that name none.  [default: 1]")
@click.option("--id", "consume_id", metavar="ID", help="The same one again is counted once.  [default: one is made]")
@click.option("--audit", is_flag=True, help="Write an audit event.")
@ask_options
def consume_limits(  # noqa: PLR0913 - one parameter an option
    *,
    tenant: str,
    limits: tuple[str, ...],
    amount: int,
    consume_id: str | None,
    audit: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """Take some of each LIMIT of TENANT, all of it or nothing.  Exit code 1: there is no room."""
    items = [_item(text, amount) for text in limits]
    given = consume_id or str(uuid.uuid4())
    with asked(url, "the scope limits:consume") as client:
        try:
            answer = _sent(
                client, "/v1/limits/consume", {"tenant": tenant, "items": items, "id": given, "audit": audit}
            )
        except Unreachable as error:
            fail(Exit.UNREACHABLE, str(error), f"it may have been counted; do it again with --id {given} to be sure")
    _end(answer, answer["limits"], f"consumed under the id {given}", "nothing was consumed", as_json=as_json)


@click.command("return")
@click.argument("tenant")
@click.argument("consume_id", metavar="ID")
@click.option("--limit", metavar="NAME", help="One of its limits.  [default: all]")
@click.option("--amount", type=_COUNT, metavar="N", help="Less than was consumed.  [default: all of it]")
@click.option("--audit", is_flag=True, help="Write an audit event.")
@ask_options
def return_consumed(  # noqa: PLR0913 - one parameter an option
    *, tenant: str, consume_id: str, limit: str | None, amount: int | None, audit: bool, url: str | None, as_json: bool
) -> None:
    """Give back what TENANT consumed under an ID, once.  Exit code 1: there is nothing to give back.

    Only totals go down; what was used within a period stays used.
    """
    body = {"tenant": tenant, "id": consume_id, "limit": limit, "amount": amount, "audit": audit}
    with asked(url, "the scope limits:consume") as client:
        answer = _sent(client, "/v1/limits/return", {name: value for name, value in body.items() if value is not None})
    if as_json:
        print_json(answer)
        return
    for name, returned in answer["amounts"].items():
        click.echo(f"returned {returned} of {name}")


def _sent(client: Doorward, target: str, body: object) -> Any:  # noqa: ANN401 - the API's JSON
    return json.loads(client.request("POST", target, body).body)


def _item(text: str, otherwise: int) -> dict[str, object]:
    """A limit with its amount, as `max_agents` or `api_calls=3`."""
    name, equals, amount = text.partition("=")
    if not name or (equals and not (amount.isascii() and amount.isdigit() and int(amount))):
        raise click.BadParameter(f"{text!r} is no LIMIT or LIMIT=AMOUNT, like api_calls=3", param_hint="LIMIT")
    return {"limit": name, "amount": int(amount) if equals else otherwise}


def _end(answer: Answer, limits: Sequence[Answer], yes: str, no: str, *, as_json: bool) -> None:
    """Show an answer; the exit code says which it is."""
    allowed = answer["allowed"] is True
    if as_json:
        print_json(answer)
    else:
        click.secho("ALLOWED" if allowed else "DENIED ", fg="green" if allowed else "red", bold=True, nl=False)
        again = " before, and not again" if answer.get("repeated") else ""
        click.echo(f"  {yes if allowed else no}{again}")
        table(_COLUMNS, [_row(one) for one in limits])
        for one in limits:
            _tell_more(one)
    raise SystemExit(int(Exit.OK if allowed else Exit.NO))


def _row(one: Answer) -> list[str]:
    shown = _SECOND if one["per"].startswith("rate/") else _MINUTE
    resets = "" if one["resets_at"] is None else _moment(one["resets_at"], shown)
    return [str(one[name]) for name in ("name", "used", "held", "limit", "remaining", "per")] + [resets]


def _moment(text: str, length: int) -> str:
    """A time as people read it, to the minute or the second."""
    return text[:length].replace("T", " ") + "Z"


def _tell_more(one: Answer) -> None:
    """What else there is to say of a limit."""
    name = one["name"]
    if one.get("reason"):
        click.echo(f"  {name}: {one['reason']}")
    if one.get("over"):
        click.echo(f"  {name}: it is passed, and refuses nobody")
    if "allowed_by" in one:
        plan = one["allowed_by"]
        click.echo(f"  {name}: no plan has room for as much" if plan is None else f"  {name}: the plan {plan} has room")
    if one.get("retry_at"):
        click.echo(f"  {name}: there may be room at {_moment(one['retry_at'], _SECOND)}")
    if one.get("counted") is False:
        click.echo(f"  {name}: nothing could be counted, and it lets pass then")
