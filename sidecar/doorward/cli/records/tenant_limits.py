"""`doorward tenants`: what a tenant may have, by its plan and by overrides of its own."""

from datetime import datetime
from typing import Any, Final

import click

from doorward.cli.asking import Option, ask_options, asked
from doorward.cli.features.options import Moment
from doorward.cli.records.commands import if_version_option, said, shown
from doorward.cli.records.output import show_table, wire
from doorward.cli.terminal import print_json

_SCOPE: Final = "the scope admin:tenants"
_ITEMS: Final = ("limit", "per", "amount", "source", "plan_amount", "expires_at", "reason")
_ENDED: Final = ("limit", "per", "amount", "state", "expires_at", "reason")
_PERS: Final = ("total", "minute", "hour", "day", "month", "billing_period", "rate/second")
_UNLIMITED: Final = "unlimited"
_LONGEST: Final = 19
_PER_SECOND: Final = "second"


class Amount(click.ParamType[Any]):
    """A whole number, or `unlimited`."""

    name = "amount"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int | str:
        """The amount; a usage error for anything else. How large it may be is for the sidecar to say."""
        text = str(value)
        if text == _UNLIMITED:
            return text
        if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST:
            self.fail(f"{text!r} is no amount; give a whole number, or {_UNLIMITED}", param, ctx)
        return int(text)


class PerChoice(click.Choice[str]):
    """What a limit is counted in. A rate may be written as `billing create-plan` writes it: `second`."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """The name; a usage error for anything else."""
        found: str = super().convert("rate/second" if value == _PER_SECOND else value, param, ctx)
        return found


def _per_option(default: str) -> Option:
    return click.option(
        "--per",
        type=PerChoice(_PERS),
        metavar="PER",
        help=f"What it is counted in: {', '.join(_PERS)}.  [default: {default}]",
    )


@click.command("limits")
@click.argument("tenant_id")
@ask_options
def list_limits(*, tenant_id: str, url: str | None, as_json: bool) -> None:
    """List what it may have, and where each amount comes from: its plan, or an override of its own.

    Exit code 1: there is no such tenant.
    """
    with asked(url, _SCOPE) as client:
        found = client.tenants.limits(tenant_id)
    if as_json:
        print_json({**wire(found), "next": None})
        return
    show_table(found.items, _ITEMS)
    ended = [one for one in found.overrides if one.state != "active"]
    if ended:
        click.echo("\noverrides that count no more")
        show_table(ended, _ENDED)


@click.command("set-limit")
@click.argument("tenant_id")
@click.argument("limit")
@click.argument("amount", type=Amount())
@_per_option("as its plan counts it, else its meter, else other plans, else total")
@click.option("--reason", metavar="TEXT", help="Why, in one line.")
@click.option("--expires-at", type=Moment(), metavar="TIME", help="From when on it counts for nothing.")
@if_version_option
@ask_options
def set_limit(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str,
    limit: str,
    amount: int | str,
    per: str | None,
    reason: str | None,
    expires_at: datetime | None,
    if_version: int | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Let it have AMOUNT of LIMIT, a number or `unlimited`, at once.  Exit code 1: there is no such limit or tenant."""
    with asked(url, _SCOPE) as client:
        made = client.tenants.set_limit(
            tenant_id, limit, amount, per=per, reason=reason, expires_at=expires_at, if_match=if_version
        )
    shown(made, as_json=as_json)


@click.command("remove-limit")
@click.argument("tenant_id")
@click.argument("limit")
@_per_option("what its only amount is counted in")
@if_version_option
@ask_options
def remove_limit(  # noqa: PLR0913 - one parameter an option
    *, tenant_id: str, limit: str, per: str | None, if_version: int | None, url: str | None, as_json: bool
) -> None:
    """Let its plan say again how much of LIMIT it may have.  Exit code 1: it has no amount of its own."""
    with asked(url, _SCOPE) as client:
        client.tenants.remove_limit(tenant_id, limit, per=per, if_match=if_version)
    said(f"{tenant_id} has no amount of its own of {limit} any more", as_json=as_json)


limit_commands: Final = (list_limits, set_limit, remove_limit)
