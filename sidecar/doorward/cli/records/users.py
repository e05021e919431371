"""`doorward users`: who may log in and hold roles."""

from typing import Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.importing.command import import_command
from doorward.cli.importing.shapes import USERS
from doorward.cli.records.commands import confirm_purge, given, if_version_option, said, shown, yes_option
from doorward.cli.records.output import print_items, show_table
from doorward.cli.records.passwords import chosen_password, password_options
from doorward.cli.records.user_roles import role_commands
from doorward.cli.records.user_secrets import secret_commands

_COLUMNS: Final = ("id", "tenant_id", "email", "username", "first_name", "last_name", "status", "roles")
_SCOPE: Final = "the scope admin:users"


@click.group()
def users() -> None:
    """List, show, record and change users, their roles and their secrets."""


@users.command("create")
@click.option("--email", required=True, help="An address that no other user has.")
@click.option("--username", required=True, help="A name that no other user of the tenant has.")
@click.option("--first-name", required=True, help="For people.")
@click.option("--last-name", required=True, help="For people.")
@click.option("--tenant-id", required=True, metavar="ID", help="The tenant that the user belongs to.")
@click.option("--role", "roles", multiple=True, metavar="NAME", help="A role in that tenant. Repeatable.")
@click.option("--id", "user_id", metavar="ID", help="What questions will call it, user:ID.  [default: one is made]")
@password_options
@click.option("--no-password", is_flag=True, help="Nobody can log in by a password.")
@ask_options
def create_user(  # noqa: PLR0913 - one parameter an option
    *,
    email: str,
    username: str,
    first_name: str,
    last_name: str,
    tenant_id: str,
    roles: tuple[str, ...],
    user_id: str | None,
    password: str | None,
    password_file: str | None,
    no_password: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """Record a user.  Exit code 1: the address, username or id is taken, or the password is too weak."""
    if no_password and (password is not None or password_file is not None):
        raise click.UsageError("give a password or --no-password, not both")
    secret = None if no_password else chosen_password(password, password_file)
    with asked(url, _SCOPE) as client:
        made = client.users.create(email, username, first_name, last_name, tenant_id, secret, id=user_id, roles=roles)
    shown(made, as_json=as_json)


@users.command("list")
@click.argument("tenant_id", required=False)
@click.option("--status", type=click.Choice(["active", "suspended"]), help="Only those.")
@click.option("--email", help="Only the one with this address.")
@click.option("--username", help="Only those of this name.")
@ask_options
def list_users(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str | None,
    status: str | None,
    email: str | None,
    username: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """List the users of a tenant, or of all."""
    with asked(url, _SCOPE) as client:
        found = list(client.users.list(tenant=tenant_id, status=status, email=email, username=username))
    if as_json:
        print_items(found)
    else:
        show_table(found, [one for one in _COLUMNS if one != "tenant_id" or tenant_id is None])


@users.command("show")
@click.argument("user_id")
@ask_options
def show_user(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Show a user.  Exit code 1: there is none."""
    with asked(url, _SCOPE) as client:
        found = client.users.get(user_id)
    shown(found, as_json=as_json)


@users.command("update")
@click.argument("user_id")
@click.option("--email", help="An address that no other user has.")
@click.option("--username", help="A name that no other user of the tenant has.")
@click.option("--first-name", help="For people.")
@click.option("--last-name", help="For people.")
@click.option("--status", type=click.Choice(["active", "suspended"]), help="Whether it may log in and do anything.")
@click.option(
    "--role", "roles", multiple=True, metavar="NAME", help="In the place of its roles in its own tenant. Repeatable."
)
@click.option("--no-roles", is_flag=True, help="Take all roles in its own tenant away.")
@if_version_option
@ask_options
def update_user(  # noqa: PLR0913 - one parameter an option
    *,
    user_id: str,
    roles: tuple[str, ...],
    no_roles: bool,
    if_version: int | None,
    url: str | None,
    as_json: bool,
    **fields: object,
) -> None:
    """Change what the options name.  Exit code 1: there is no such user, a name is taken, or it has changed."""
    if roles and no_roles:
        raise click.UsageError("give --role or --no-roles, not both")
    named = given({**fields, "roles": list(roles) if roles or no_roles else None})
    with asked(url, _SCOPE) as client:
        made = client.users.update(user_id, if_match=if_version, **named)
    shown(made, as_json=as_json)


@users.command("suspend")
@click.argument("user_id")
@ask_options
def suspend_user(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Deny its questions and logins until it is activated again."""
    with asked(url, _SCOPE) as client:
        made = client.users.suspend(user_id)
    shown(made, as_json=as_json)


@users.command("activate")
@click.argument("user_id")
@ask_options
def activate_user(*, user_id: str, url: str | None, as_json: bool) -> None:
    """End a suspension."""
    with asked(url, _SCOPE) as client:
        made = client.users.activate(user_id)
    shown(made, as_json=as_json)


@users.command("delete")
@click.argument("user_id")
@ask_options
def delete_user(*, user_id: str, url: str | None, as_json: bool) -> None:
    """Let nobody find it any more; its id and address stay taken."""
    with asked(url, _SCOPE) as client:
        client.users.delete(user_id)
    said(f"deleted {user_id}; `doorward users purge {user_id}` frees its address", as_json=as_json)


@users.command("purge")
@click.argument("user_id")
@yes_option
@ask_options
def purge_user(*, user_id: str, yes: bool, url: str | None, as_json: bool) -> None:
    """Forget it for good, also one that is deleted; its address is free again."""
    confirm_purge(f"the user {user_id}", "Nothing but its id is left.", yes=yes)
    with asked(url, _SCOPE) as client:
        client.users.purge(user_id)
    said(f"purged {user_id}", as_json=as_json)


for command in (*role_commands, *secret_commands, import_command(USERS, _SCOPE)):
    users.add_command(command)
