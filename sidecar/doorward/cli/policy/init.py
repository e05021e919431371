"""`doorward init`: a policy repository that a team can push as it is."""

import shlex
from pathlib import Path

import click

from doorward.cli.terminal import print_json, told
from doorward.sources import make_policy_repository


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("policy"))
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def init(folder: Path, *, as_json: bool) -> None:
    """Make a policy repository that a team can push in FOLDER (default: policy).

    It holds the default roles and rules with their tests, a README, a pre-commit hook and the pipelines of GitHub and
    GitLab that check each change.
    """
    with told():
        written = make_policy_repository(folder)
    if as_json:
        print_json({"folder": str(folder), "files": written})
        return
    click.echo(f"made {folder}, a git repository with")
    for name in written:
        click.echo(f"  {name}")
    shown = shlex.quote(str(folder))
    click.echo("next: edit policies/access.csv and what policies/tests/access.yaml promises of it, then")
    click.echo(
        f"      `doorward policy lint {shown}` and `doorward policy test {shown}`; a commit does both, by the hook"
    )
    click.echo(
        f"      `doorward serve --policy {shown}` to try it; its README.md says how to push it and serve it from git"
    )
