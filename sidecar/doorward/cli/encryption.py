"""`doorward encryption`: the key that seals what is recorded."""

from dataclasses import replace
from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.progress import Progress
from doorward.cli.record_commands import shown
from doorward.cli.record_output import print_wire
from doorward.cli.terminal import Exit, counted, fail, visible
from doorward_sdk import Doorward, EncryptionRotation

_SCOPE: Final = "the scope admin:keys that is bound to no tenant"


@click.group()
def encryption() -> None:
    """Look at and rotate the key that seals e-mail addresses and other secrets at rest."""


@encryption.command("status")
@ask_options
def status(*, url: str | None, as_json: bool) -> None:
    """Show which key seals, and how many values an older one has sealed."""
    with asked(url, _SCOPE) as client:
        found = client.encryption.status()
    shown(found, as_json=as_json)


@encryption.command("rotate")
@ask_options
def rotate(*, url: str | None, as_json: bool) -> None:
    """Make a new key and seal everything with it; one that was interrupted goes on.

    A value that no key opens is named and left as it is; exit code 1 then.
    """
    with asked(url, _SCOPE) as client:
        whole = _rotated(client)
    if as_json:
        print_wire(whole)
    else:
        click.echo(f"{counted(whole.resealed, 'user')} sealed with the key {whole.key_id}")
    if whole.unopened:
        for one in whole.unopened:
            click.echo(f"user {visible(one.user_id)}: {visible(one.detail)}", err=True)
        fail(
            Exit.NO,
            f"{counted(len(whole.unopened), 'value')} did not open, and stayed as before",
            "restore them from a backup, or set the address anew (`doorward users update`), or take the one-time codes "
            "away (`doorward users remove-totp`); then run this again",
        )


def _rotated(client: Doorward) -> EncryptionRotation:
    """All steps as one."""
    step = client.encryption.rotate()
    resealed, unopened = step.resealed, step.unopened
    with Progress("sealing", resealed + step.remaining) as progress:
        progress.at(resealed, f"{resealed:,} users")
        while step.next is not None:
            step = client.encryption.rotate(step.next)
            resealed, unopened = resealed + step.resealed, unopened + step.unopened
            progress.at(resealed, f"{resealed:,} users")
    return replace(step, resealed=resealed, unopened=unopened)
