"""`doorward policy`: read, check and show a policy tree. Asks no server."""

import os
from pathlib import Path

import click

from doorward.bootstrap import load_folder
from doorward.cli.terminal import Exit, print_json, show_problems, table
from doorward.domain.errors import PolicyInvalid

_tree = click.argument("tree", type=click.Path(path_type=Path), required=False)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def policy() -> None:
    """Check and show a policy tree: a folder with models/ and policies/.

    TREE is DOORWARD_POLICY where it is left out, else the current folder.
    """


@policy.command()
@_tree
@_json
def lint(*, tree: Path | None, as_json: bool) -> None:
    """Say whether TREE loads, and every fault with file, line and fix.  Exit code 3: it does not."""
    folder = _chosen(tree)
    try:
        snapshot = load_folder(folder)
    except PolicyInvalid as error:
        if as_json:
            problems = [{"path": one.path, "line": one.line, "message": one.message} for one in error.problems]
            print_json({"loads": False, "problems": problems})
        else:
            show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    if as_json:
        print_json({"loads": True, "revision": snapshot.revision, "rules": snapshot.rule_count, "problems": []})
    else:
        click.secho("ok", fg="green", bold=True, nl=False)
        click.echo(f"  {folder}: {snapshot.rule_count} rules, revision {snapshot.revision}")


@policy.command()
@_tree
@_json
def show(*, tree: Path | None, as_json: bool) -> None:
    """Show the rules and roles of TREE as tables."""
    try:
        snapshot = load_folder(_chosen(tree))
    except PolicyInvalid as error:
        show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    description = snapshot.describe()
    if as_json:
        print_json(description)
        return
    click.echo(f"revision {description['revision']}: {description['effect']}\n")
    columns: list[str] = description["columns"]
    table(["place", *columns], [[rule["place"], *(rule[name] for name in columns)] for rule in description["rules"]])
    if description["roles"]:
        click.echo("")
        table(
            ["holder", "has role", "in tenant"],
            [[one["holder"], one["role"], one["tenant"]] for one in description["roles"]],
        )
    if description["tenants"]:
        click.echo(f"\ntenants: {', '.join(description['tenants'])}")


def _chosen(tree: Path | None) -> Path:
    return tree or Path(os.environ.get("DOORWARD_POLICY") or ".")
