"""`doorward rules`: the access rules of a policy, listed, shown, declared and taken away."""

import json
from dataclasses import asdict, fields

import click

from doorward.cli.asking import POLICY, asked, json_option, print_list, url_option
from doorward.cli.policy.changes import reason_option, show_made
from doorward.cli.terminal import print_json, table
from doorward_sdk import Rule

_COLUMNS = ("name", "subject", "tenant", "resource", "action", "when", "effect", "description")


@click.group()
def rules() -> None:
    """List, show and change the access rules of a policy; a change is a commit."""


@rules.command("list")
@url_option
@json_option
def list_rules(*, url: str | None, as_json: bool) -> None:
    """List the rules in file order."""
    with asked(url, POLICY) as client:
        found = client.rules()
    if as_json:
        print_list(found)
        return
    columns = [one for one in _COLUMNS if any(getattr(rule, one) is not None for rule in found)] or list(_COLUMNS)
    table(columns, [[getattr(rule, one) or "" for one in columns] for rule in found])


@rules.command("show")
@click.argument("name")
@url_option
@json_option
def show_rule(*, name: str, url: str | None, as_json: bool) -> None:
    """Show the rule NAME.  Exit code 1: there is none."""
    with asked(url, POLICY) as client:
        found = client.rule(name)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


@rules.command("create")
@click.argument("name")
@click.option("--resource", required=True, metavar="TYPE", help="A type of resources, like agents.")
@click.option("--action", required=True, metavar="NAME", help="An action, or * for every one.")
@click.option("--min-role", metavar="NAME", help="The least role that may, like user.")
@click.option("--subscription-required", is_flag=True, help="Deny everyone whose tenant has no subscription.")
@click.option("--condition", "more", multiple=True, metavar="NAME=VALUE", help="Another condition. Repeatable.")
@click.option("--description", default="", help="What it is for, in one line.")
@reason_option
@url_option
@json_option
def create_rule(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    resource: str,
    action: str,
    min_role: str | None,
    subscription_required: bool,
    more: tuple[str, ...],
    description: str,
    reason: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Declare the access rule NAME.  Exit code 1: it exists, or the policy cannot be written to."""
    conditions: dict[str, object] = dict(_condition(one) for one in more)
    if min_role is not None:
        conditions["min_role"] = min_role
    if subscription_required:
        conditions["subscription_required"] = True
    with asked(url, POLICY) as client:
        made = client.create_access_rule(name, description, resource, action, conditions, reason=reason)
        revision = client.changed_revision
    show_made(made, revision, _show, as_json=as_json)


@rules.command("delete")
@click.argument("name")
@reason_option
@url_option
@json_option
def delete_rule(*, name: str, reason: str, url: str | None, as_json: bool) -> None:
    """Take the rule NAME away, with its gate and its description.  Exit code 1: there is none."""
    with asked(url, POLICY) as client:
        made = client.delete_rule(name, reason=reason)
    show_made(
        made,
        None,
        lambda gone: click.echo(f"deleted {name} (commit {gone.commit[:12]}, revision {gone.revision})"),
        as_json=as_json,
    )


def _condition(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is no NAME=VALUE", param_hint="--condition")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _show(rule: Rule) -> None:
    for one in fields(rule):
        value = getattr(rule, one.name)
        if value is not None:
            click.echo(f"{one.name:<12} {value}")
