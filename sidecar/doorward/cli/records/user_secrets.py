"""`doorward users`: passwords, one-time codes and lockouts of a user."""

from collections.abc import Sequence
from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.records.commands import said
from doorward.cli.records.output import print_wire
from doorward.cli.records.passwords import chosen_password, password_options
from doorward.cli.terminal import print_json

_SCOPE: Final = "the scope admin:users"


@click.command("set-password")
@click.argument("user_id")
@password_options
@ask_options
def set_password(
    *, user_id: str, password: str | None, password_file: str | None, url: str | None, as_json: bool
) -> None:
    """Replace its password.  Exit code 1: it is too weak."""
    secret = chosen_password(password, password_file)
    with asked(url, _SCOPE) as client:
        client.users.set_password(user_id, secret)
    said(f"{user_id} has a new password", as_json=as_json)


@click.command("enrol-totp")
@click.argument("user_id")
@ask_options
def enrol_totp(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Begin to ask it for one-time codes: show the secret that its app needs."""
    with asked(url, _SCOPE) as client:
        enrolment = client.users.enrol_totp(user_id)
    if as_json:
        print_wire(enrolment)
        return
    click.echo(f"secret  {enrolment.secret}")
    click.echo(f"uri     {enrolment.uri}")
    click.echo(f"  next: doorward users confirm-totp {user_id} CODE, with a code that the app shows")


@click.command("confirm-totp")
@click.argument("user_id")
@click.argument("code")
@ask_options
def confirm_totp(*, user_id: str, code: str, url: str | None, as_json: bool) -> None:
    """Ask it for one-time codes from now on, and show its recovery codes.  Exit code 2: CODE is wrong."""
    with asked(url, _SCOPE) as client:
        codes = client.users.confirm_totp(user_id, code)
    _show_codes(codes, as_json=as_json)


@click.command("remove-totp")
@click.argument("user_id")
@ask_options
def remove_totp(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Ask it for one-time codes no more."""
    with asked(url, _SCOPE) as client:
        client.users.remove_totp(user_id)
    said(f"{user_id} is asked for no one-time codes", as_json=as_json)


@click.command("recovery-codes")
@click.argument("user_id")
@ask_options
def new_recovery_codes(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Replace its recovery codes, and show the new ones."""
    with asked(url, _SCOPE) as client:
        codes = client.users.new_recovery_codes(user_id)
    _show_codes(codes, as_json=as_json)


@click.command("unlock")
@click.argument("user_id")
@ask_options
def unlock(*, user_id: str, url: str | None, as_json: bool) -> None:
    """End a lockout after too many wrong logins."""
    with asked(url, _SCOPE) as client:
        client.users.unlock(user_id)
    said(f"{user_id} may try again", as_json=as_json)


def _show_codes(codes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"recovery_codes": list(codes)})
        return
    for code in codes:
        click.echo(code)
    click.echo("  each is good for one login; they are not shown again", err=True)


secret_commands = (set_password, enrol_totp, confirm_totp, remove_totp, new_recovery_codes, unlock)
