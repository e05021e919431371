"""`doorward encryption`: the key that seals what is recorded."""

from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.progress import Progress
from doorward.cli.record_commands import shown
from doorward.cli.record_output import print_wire
from doorward.cli.terminal import Exit, counted, fail
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
    """Make a new key and seal everything with it; one that was interrupted goes on."""
    with asked(url, _SCOPE) as client:
        resealed, last = _rotated(client)
    if as_json:
        print_wire(last)
    else:
        click.echo(f"{counted(resealed, 'value')} sealed with the key {last.key_id}")


def _rotated(client: Doorward) -> tuple[int, EncryptionRotation]:
    """How many values were sealed again, and the last step's answer."""
    step = client.encryption.rotate()
    done = step.resealed
    with Progress("sealing", done + step.remaining) as progress:
        progress.at(done, f"{done:,} values")
        while step.remaining:
            step = client.encryption.rotate()
            done += step.resealed
            progress.at(done, f"{done:,} values")
            if step.remaining and not step.resealed:
                fail(Exit.NO, f"{counted(step.remaining, 'value')} cannot be sealed again; see the sidecar's log")
    return done, step
