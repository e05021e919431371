"""`doorward users`: the roles that a user holds, and what it may do by them."""

from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.records.commands import said
from doorward.cli.records.output import print_items, show_table

_SCOPE: Final = "the scope admin:users"


@click.command("roles")
@click.argument("user_id")
@ask_options
def list_roles(*, user_id: str, url: str | None, as_json: bool) -> None:
    """List the roles that it holds: those recorded, and those that the policy gives."""
    with asked(url, _SCOPE) as client:
        found = client.users.roles(user_id)
    if as_json:
        print_items(found)
    else:
        show_table(found, ("role", "tenant", "source", "place"))


@click.command("give-role")
@click.argument("user_id")
@click.argument("role")
@click.option("--tenant", metavar="ID", help="In which tenant.  [default: its own]")
@ask_options
def give_role(*, user_id: str, role: str, tenant: str | None, url: str | None, as_json: bool) -> None:
    """Give it ROLE."""
    with asked(url, _SCOPE) as client:
        client.users.give_role(user_id, role, tenant=tenant)
    said(f"{user_id} holds {role}" + _where(tenant), as_json=as_json)


@click.command("take-role")
@click.argument("user_id")
@click.argument("role")
@click.option("--tenant", metavar="ID", help="In which tenant.  [default: its own]")
@ask_options
def take_role(*, user_id: str, role: str, tenant: str | None, url: str | None, as_json: bool) -> None:
    """Take ROLE away.  Exit code 1: the policy gives it, or it does not hold it."""
    with asked(url, _SCOPE) as client:
        client.users.take_role(user_id, role, tenant=tenant)
    said(f"{user_id} holds {role} no more" + _where(tenant), as_json=as_json)


@click.command("permissions")
@click.argument("user_id")
@click.option("--tenant", metavar="ID", help="In which tenant.  [default: its own]")
@ask_options
def list_permissions(*, user_id: str, tenant: str | None, url: str | None, as_json: bool) -> None:
    """List what it may do on whole types, with the rules that say so."""
    with asked(url, _SCOPE) as client:
        found = client.users.permissions(user_id, tenant=tenant)
    if as_json:
        print_items(found)
    else:
        show_table(found, ("permission", "rule", "place"))


def _where(tenant: str | None) -> str:
    return "" if tenant is None else f" in {tenant}"


role_commands = (list_roles, give_role, take_role, list_permissions)
