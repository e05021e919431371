"""`doorward migrate`: bring the database to the schema of this Doorward."""

import click

from doorward.cli.serving.databases import read_database
from doorward.cli.terminal import counted, print_json, told
from doorward.settings import state_folder
from doorward.store.database import migrate_database
from doorward.store.migrations import Step, pending


@click.command()
@click.option(
    "--database",
    metavar="sqlite:PATH|postgresql://...",
    help="Which database.  [default: DOORWARD_DATABASE, else STATE/doorward.db]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def migrate(*, database: str | None, dry_run: bool, as_json: bool) -> None:
    """Bring the database to the schema of this Doorward.

    An SQLite file and an empty PostgreSQL database are migrated by `doorward serve` itself. Back up a PostgreSQL
    database first: there is no way back. Killed in between, run it again: it goes on where it was.
    """
    address = read_database(state_folder(), database)
    with told():
        steps = pending(address) if dry_run else migrate_database(address, lambda step: _tell(step, quiet=as_json))
    if as_json:
        shown = [{"version": step.version, "name": step.name} for step in steps]
        print_json({"database": str(address), "applied" if not dry_run else "pending": shown})
        return
    for step in steps if dry_run else ():
        click.echo(f"pending {step.version:04} {step.name}")
    done = counted(len(steps), "step") + (" pending" if dry_run else " applied")
    click.echo(f"{address}: {done if steps else 'nothing to do'}")


def _tell(step: Step, *, quiet: bool) -> None:
    if not quiet:
        click.echo(f"applied {step.version:04} {step.name}")
