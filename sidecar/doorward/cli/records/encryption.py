"""`doorward encryption`: the key that seals what is recorded."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from doorward import bootstrap
from doorward.cli.asking import ask_options, asked
from doorward.cli.progress import Progress
from doorward.cli.records.commands import shown
from doorward.cli.records.output import print_wire
from doorward.cli.serving.databases import read_database
from doorward.cli.terminal import Exit, counted, fail, print_json, told, visible
from doorward.settings import state_folder
from doorward_sdk import Doorward, EncryptionRotation

_SCOPE: Final = "the scope admin:keys that is bound to no tenant"


@click.group()
def encryption() -> None:
    """Look at and rotate the key that seals e-mail addresses and other secrets at rest; replace the master key."""


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


@encryption.command("rewrap")
@click.option(
    "--new-master-key-file",
    required=True,
    type=click.Path(path_type=Path),
    help="The master key to be: 32 random bytes in base64, for its owner alone to read.",
)
@click.option(
    "--master-key-file",
    type=click.Path(path_type=Path),
    envvar="DOORWARD_MASTER_KEY_FILE",
    help="The master key until now.  [default: STATE/master.key]",
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="State directory.  [default: DOORWARD_STATE, else .doorward]"
)
@click.option(
    "--database",
    metavar="sqlite:PATH|postgresql://...",
    help="Which database.  [default: DOORWARD_DATABASE, else STATE/doorward.db]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rewrap(
    *,
    new_master_key_file: Path,
    master_key_file: Path | None,
    state: Path | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Wrap the keys of a database under another master key.

    All of them or none; what they seal stays as it is. It opens the database itself: an SQLite file must have no
    sidecar. Killed in between, run it again: what is done already stays done. Then give each sidecar the new file.
    """
    state = state or state_folder()
    address = read_database(state, database)
    with told():
        done = bootstrap.rewrap_keys(address, state, master_key_file, new_master_key_file)
    if as_json:
        print_json({"database": str(address), "keys": done.keys, "rewrapped": done.rewrapped})
        return
    click.echo(f"{address}: {done.rewrapped} of {counted(done.keys, 'key')} wrapped under {new_master_key_file} now")
    place = master_key_file or state / "master.key"
    click.echo(
        f"  next: put it in the place of {place}, and start every sidecar anew; one that runs goes on with the keys it"
        " has read. Backups from before need the old file: keep it as long as them",
        err=True,
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
