"""`doorward security`: the security policies, asked."""

from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.records.output import print_wire
from doorward.cli.records.passwords import chosen_password, password_options
from doorward.cli.terminal import Exit

_SCOPE: Final = "the scope admin:users or decide"


@click.group()
def security() -> None:
    """Ask what the security policies say."""


@security.command("validate-password")
@password_options
@ask_options
def validate_password(*, password: str | None, password_file: str | None, url: str | None, as_json: bool) -> None:
    """Is a password what the password policy asks for?  Exit code 0: yes, 1: no."""
    secret = chosen_password(password, password_file, twice=False)
    with asked(url, _SCOPE) as client:
        verdict = client.validate_password(secret)
    if as_json:
        print_wire(verdict)
    elif verdict:
        click.echo("valid")
    else:
        click.echo("\n".join(["not valid:", *(f"  {one}" for one in verdict.errors)]))
    raise SystemExit(int(Exit.OK if verdict else Exit.NO))
