"""`doorward keys`: what programs ask with."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.durations import Duration
from doorward.cli.records.commands import said, shown, yes_option
from doorward.cli.records.output import print_items, print_wire, show_one, show_table
from doorward.settings import state_folder
from doorward.store.state import ADMIN_KEY_NAME, read_admin_key
from doorward_sdk import Doorward, NewApiKey, NotFound

_COLUMNS: Final = ("id", "name", "scopes", "tenant_id", "secrets", "expires_at", "revoked_at", "last_used_at")
_SCOPES_IN_A_TABLE: Final = 3
_SCOPE: Final = "the scope admin:keys, and with every scope that it gives,"


@click.group()
def keys() -> None:
    """List, make, rotate and revoke API keys."""


@keys.command("create")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="NAME", help="Like decide. Repeatable.")
@click.option("--tenant", metavar="ID", help="The tenant that it is bound to.  [default: none]")
@click.option("--expires-in", type=Duration(), metavar="DURATION", help="Like 90d or 12h.  [default: never]")
@ask_options
def create_key(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    scopes: tuple[str, ...],
    tenant: str | None,
    expires_in: timedelta | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Make a key and show it, this once."""
    expires_at = None if expires_in is None else datetime.now(UTC) + expires_in
    with asked(url, _SCOPE) as client:
        made = client.keys.create(name, scopes, tenant_id=tenant, expires_at=expires_at)
    _show_new(made, as_json=as_json)


@keys.command("list")
@ask_options
def list_keys(*, url: str | None, as_json: bool) -> None:
    """List the keys, without their secrets."""
    with asked(url, _SCOPE) as client:
        found = list(client.keys.list())
    if as_json:
        print_items(found)
    else:
        show_table([replace(one, scopes=_some(one.scopes)) for one in found], _COLUMNS)


@keys.command("show")
@click.argument("key_id")
@ask_options
def show_key(*, key_id: str, url: str | None, as_json: bool) -> None:
    """Show a key, without its secrets.  Exit code 1: there is none."""
    with asked(url, _SCOPE) as client:
        found = client.keys.get(key_id)
    shown(found, as_json=as_json)


@keys.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap",
    type=Duration(),
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="How long the old secret counts; 0s ends it now, 30d is the most.",
)
@ask_options
def rotate_key(*, key_id: str, overlap: timedelta, url: str | None, as_json: bool) -> None:
    """Make a new secret for a key and show it, this once.  Exit code 1: it has two that count."""
    with asked(url, _SCOPE) as client:
        own = _own_place(client, key_id)
        made = client.keys.rotate(key_id, overlap_seconds=int(overlap.total_seconds()))
    _show_new(made, as_json=as_json)
    if own:
        click.echo(f"  {own} holds the one before, which commands here go on to take: put this one there", err=True)


@keys.command("revoke")
@click.argument("key_id")
@yes_option
@ask_options
def revoke_key(*, key_id: str, yes: bool, url: str | None, as_json: bool) -> None:
    """End a key at once, with all its secrets; asks first where it is the one that this command uses."""
    with asked(url, _SCOPE) as client:
        own = None if yes else _own_place(client, key_id)
        if own:
            click.confirm(f"Commands here use this key ({own}). End it all the same?", abort=True, err=True)
        client.keys.revoke(key_id)
    said(f"revoked {key_id}", as_json=as_json)


def _own_place(client: Doorward, key_id: str) -> str | None:
    """Where the key is kept that commands here ask with, if it is this one."""
    state = state_folder()
    given = os.environ.get("DOORWARD_KEY")
    text = given or read_admin_key(state)
    if text is None:
        return None
    try:
        found = client.keys.get(key_id)
    except NotFound:
        return None
    is_own = any(text.startswith(one.prefix) for one in found.secrets)
    return ("DOORWARD_KEY" if given else str(state / ADMIN_KEY_NAME)) if is_own else None


def _some(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes that a table has room for; `keys show` has them all."""
    more = len(scopes) - _SCOPES_IN_A_TABLE
    return scopes if more <= 1 else (*scopes[:_SCOPES_IN_A_TABLE], f"and {more} more")


def _show_new(made: NewApiKey, *, as_json: bool) -> None:
    """The key alone goes to standard output's first line, so that a script can take it."""
    if as_json:
        print_wire(made)
        return
    click.echo(made.key)
    click.echo("  keep it now; it is not shown again", err=True)
    show_one(made.item)
