"""`doorward sessions`: who is logged in."""

from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.records.commands import said
from doorward.cli.records.output import print_items, show_table
from doorward.cli.terminal import counted, print_json

_COLUMNS: Final = (
    "id",
    "user_id",
    "tenant_id",
    "created_at",
    "last_seen_at",
    "expires_at",
    "mfa",
    "address",
    "user_agent",
)
_SCOPE: Final = "the scope admin:sessions (and admin:users for all of a user)"


@click.group()
def sessions() -> None:
    """List and revoke sessions of users."""


@sessions.command("list")
@click.option("--user", metavar="ID", help="Only those of a user.")
@ask_options
def list_sessions(*, user: str | None, url: str | None, as_json: bool) -> None:
    """List the live sessions."""
    with asked(url, _SCOPE) as client:
        found = list(client.sessions.list(user=user))
    if as_json:
        print_items(found)
    else:
        show_table(found, _COLUMNS)


@sessions.command("revoke")
@click.argument("session_id", required=False)
@click.option("--user", metavar="ID", help="All of a user instead.")
@ask_options
def revoke_session(*, session_id: str | None, user: str | None, url: str | None, as_json: bool) -> None:
    """End a session, or all of a user.  Exit code 1: there is none."""
    if (session_id is None) == (user is None):
        raise click.UsageError("give SESSION_ID or --user ID")
    with asked(url, _SCOPE) as client:
        if session_id is not None:
            client.sessions.revoke_id(session_id)
            said(f"revoked {session_id}", as_json=as_json)
        elif user is not None:
            _tell_revoked(client.users.revoke_sessions(user), as_json=as_json)


def _tell_revoked(count: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"revoked": count})
    else:
        click.echo(f"revoked {counted(count, 'session')}")
