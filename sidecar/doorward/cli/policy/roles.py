"""`doorward roles`: the roles of a policy, listed, shown and declared."""

from dataclasses import asdict

import click

from doorward.cli.asking import POLICY, asked, json_option, print_list, url_option
from doorward.cli.policy.changes import reason_option, show_made
from doorward.cli.terminal import print_json, table
from doorward_sdk import InheritedRole, Role


@click.group()
def roles() -> None:
    """List, show and declare the roles of a policy; a change is a commit."""


@roles.command("list")
@url_option
@json_option
def list_roles(*, url: str | None, as_json: bool) -> None:
    """List the roles by name."""
    with asked(url, POLICY) as client:
        found = client.roles()
    if as_json:
        print_list(found)
        return
    rows = [
        [one.name, ", ".join(one.permissions), ", ".join(map(_held, one.inherits)), one.description or ""]
        for one in found
    ]
    table(["name", "permissions", "holds", "description"], rows)


@roles.command("show")
@click.argument("name")
@url_option
@json_option
def show_role(*, name: str, url: str | None, as_json: bool) -> None:
    """Show the role NAME.  Exit code 1: there is none."""
    with asked(url, POLICY) as client:
        found = client.role(name)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


@roles.command("create")
@click.argument("name")
@click.option(
    "--permission",
    "--permissions",
    "permissions",
    multiple=True,
    metavar="VERB_TYPE",
    help="Like view_agents. Repeatable, and several may stand behind one, joined by commas.",
)
@click.option("--description", default="", help="What it is for, in one line.")
@reason_option
@url_option
@json_option
def create_role(  # noqa: PLR0913 - one parameter an option
    *, name: str, permissions: tuple[str, ...], description: str, reason: str, url: str | None, as_json: bool
) -> None:
    """Declare the role NAME.  Exit code 1: it exists, or the policy cannot be written to."""
    with asked(url, POLICY) as client:
        named = [one.strip() for given in permissions for one in given.split(",")]
        made = client.create_role(name, description, named, reason=reason)
        revision = client.changed_revision
    show_made(made, revision, _show, as_json=as_json)


def _show(role: Role) -> None:
    click.echo(f"name         {role.name}")
    if role.description:
        click.echo(f"description  {role.description}")
    for title, values in (
        ("permissions", role.permissions),
        ("rules", role.rules),
        ("holds", tuple(map(_held, role.inherits))),
    ):
        if values:
            click.echo(f"{title:<12} {', '.join(values)}")


def _held(inherited: InheritedRole) -> str:
    return inherited.role if inherited.tenant == "*" else f"{inherited.role} in {inherited.tenant}"
