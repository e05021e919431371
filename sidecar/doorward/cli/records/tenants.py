"""`doorward tenants`: who is served."""

from typing import Any, Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.importing.command import import_command
from doorward.cli.importing.shapes import TENANTS
from doorward.cli.records.commands import JsonObject, confirm_purge, given, if_version_option, said, shown, yes_option
from doorward.cli.records.output import print_items, show_table
from doorward.cli.records.tenant_limits import limit_commands

_COLUMNS: Final = ("id", "name", "domain", "plan", "status", "created_at")
_SCOPE: Final = "the scope admin:tenants"


@click.group()
def tenants() -> None:
    """List, show, record and change tenants."""


@tenants.command("create")
@click.option("--name", required=True, help="What people call it.")
@click.option("--domain", required=True, help="A domain that no other tenant has.")
@click.option("--plan", metavar="NAME", help="Its plan.  [default: the sidecar's]")
@click.option("--id", "tenant_id", metavar="ID", help="What questions will call it.  [default: one is made]")
@click.option("--settings", type=JsonObject(), help="What your application keeps with it.")
@ask_options
def create_tenant(  # noqa: PLR0913 - one parameter an option
    *,
    url: str | None,
    as_json: bool,
    tenant_id: str | None,
    name: str,
    domain: str,
    plan: str | None,
    settings: dict[str, Any] | None,
) -> None:
    """Record a tenant.  Exit code 1: its id or domain is taken."""
    with asked(url, _SCOPE) as client:
        made = client.tenants.create(name, domain, plan, id=tenant_id, settings=settings)
    shown(made, as_json=as_json)


@tenants.command("list")
@click.option("--status", type=click.Choice(["active", "suspended"]), help="Only those.")
@click.option("--plan", metavar="NAME", help="Only those of a plan.")
@click.option("--domain", help="Only the one with this domain.")
@ask_options
def list_tenants(*, url: str | None, as_json: bool, status: str | None, plan: str | None, domain: str | None) -> None:
    """List tenants."""
    with asked(url, _SCOPE) as client:
        found = list(client.tenants.list(status=status, plan=plan, domain=domain))
    if as_json:
        print_items(found)
    else:
        show_table(found, _COLUMNS)


@tenants.command("show")
@click.argument("tenant_id")
@ask_options
def show_tenant(*, tenant_id: str, url: str | None, as_json: bool) -> None:
    """Show a tenant, with its limits and the features of its plan.  Exit code 1: there is none."""
    with asked(url, _SCOPE) as client:
        found = client.tenants.get(tenant_id)
    shown(found, as_json=as_json)


@tenants.command("plans")
@ask_options
def list_plans(*, url: str | None, as_json: bool) -> None:
    """List the plans that tenants have, with how many have each, and whether the policy declares it."""
    with asked(url, _SCOPE) as client:
        found = list(client.tenants.plans())
    if as_json:
        print_items(found)
    else:
        show_table(found, ("plan", "tenants", "pending", "declared"))


@tenants.command("update")
@click.argument("tenant_id")
@click.option("--name", help="What people call it.")
@click.option("--domain", help="A domain that no other tenant has.")
@click.option("--plan", metavar="NAME", help="Its plan.")
@click.option("--status", type=click.Choice(["active", "suspended"]), help="Whether its questions are answered.")
@click.option("--settings", type=JsonObject(), help="What your application keeps with it, all of it.")
@if_version_option
@ask_options
def update_tenant(*, tenant_id: str, if_version: int | None, url: str | None, as_json: bool, **fields: object) -> None:
    """Change what the options name.  Exit code 1: there is no such tenant, the domain is taken, or it has changed."""
    named = given(fields)
    with asked(url, _SCOPE) as client:
        made = client.tenants.update(tenant_id, if_match=if_version, **named)
    shown(made, as_json=as_json)


@tenants.command("suspend")
@click.argument("tenant_id")
@ask_options
def suspend_tenant(*, tenant_id: str, url: str | None, as_json: bool) -> None:
    """Deny its questions until it is activated again.  Exit code 1: there is no such tenant."""
    with asked(url, _SCOPE) as client:
        made = client.tenants.suspend(tenant_id)
    shown(made, as_json=as_json)


@tenants.command("activate")
@click.argument("tenant_id")
@ask_options
def activate_tenant(*, tenant_id: str, url: str | None, as_json: bool) -> None:
    """End a suspension.  Exit code 1: there is no such tenant."""
    with asked(url, _SCOPE) as client:
        made = client.tenants.activate(tenant_id)
    shown(made, as_json=as_json)


@tenants.command("delete")
@click.argument("tenant_id")
@ask_options
def delete_tenant(*, tenant_id: str, url: str | None, as_json: bool) -> None:
    """Let nobody find it any more; its id and domain stay taken.  Exit code 1: there is no such tenant."""
    with asked(url, _SCOPE) as client:
        client.tenants.delete(tenant_id)
    said(f"deleted {tenant_id}; `doorward tenants purge {tenant_id}` frees its domain", as_json=as_json)


@tenants.command("purge")
@click.argument("tenant_id")
@yes_option
@ask_options
def purge_tenant(*, tenant_id: str, yes: bool, url: str | None, as_json: bool) -> None:
    """Forget it and its users for good, also one that is deleted; its domain is free again.

    Exit code 1: there never was such a tenant, or it was purged before.
    """
    confirm_purge(f"the tenant {tenant_id}", "Its users are forgotten too.", yes=yes)
    with asked(url, _SCOPE) as client:
        client.tenants.purge(tenant_id)
    said(f"purged {tenant_id}", as_json=as_json)


for _command in limit_commands:
    tenants.add_command(_command)
tenants.add_command(import_command(TENANTS, _SCOPE))
