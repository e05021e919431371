"""`doorward init`: a policy repository to start from."""

from pathlib import Path

import click

from doorward.cli.terminal import told
from doorward.sources import make_policy_repository


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("policy"))
def init(folder: Path) -> None:
    """Make a policy repository with the default roles and rules in FOLDER (default: policy)."""
    with told():
        written = make_policy_repository(folder)
    click.echo(f"made {folder}, a git repository with")
    for name in written:
        click.echo(f"  {name}")
    click.echo(f"next: edit policies/access.csv, then `doorward policy lint {folder}`")
    click.echo(f"      and `doorward serve --policy {folder}`")
