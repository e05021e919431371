"""`doorward features`: feature flags and the values that tenants have instead."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import click

from doorward.cli.asking import POLICY, ask_options, asked
from doorward.cli.features.options import (
    TYPES,
    Moment,
    at_option,
    context_option,
    tenant_option,
    user_option,
    value_of_type,
)
from doorward.cli.features.output import (
    show_explanation,
    show_flag,
    show_flags,
    show_override,
    show_overrides,
    value_text,
)
from doorward.cli.policy.changes import reason_option, show_made
from doorward.cli.records.commands import if_version_option, said
from doorward.cli.records.output import print_items, print_wire
from doorward.cli.terminal import Exit, fail, print_json
from doorward_sdk import Doorward, Entity, FlagExplanation, ProblemResponse

_READ: Final = "the scope flags:read"
_WRITE: Final = "the scopes flags:read and flags:write"
_needed_tenant = click.option("--tenant-id", required=True, metavar="ID", help="For which tenant.")


@click.group()
def features() -> None:
    """Declare, evaluate, explain and override feature flags."""


def _evaluation(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tenant-id`, `--user-id`, `--context` and `--at`."""
    return tenant_option(user_option(context_option(at_option(command))))


@features.command("create")
@click.option("--name", required=True, help="Its key.")
@click.option("--description", default="", help="What it is for, in one line.")
@click.option("--type", "kind", type=click.Choice(TYPES), required=True, help="What its values are.")
@click.option("--default-value", required=True, metavar="VALUE", help="Its value; objects are JSON.")
@click.option("--owner", metavar="NAME", help="Whose it is.")
@reason_option
@ask_options
def create_feature(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    description: str,
    kind: str,
    default_value: str,
    owner: str | None,
    reason: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Declare a flag, in a commit.  Exit code 1: it exists, or the policy cannot be written to."""
    value = value_of_type(kind, default_value, "--default-value")
    with asked(url, POLICY) as client:
        made = client.flags.create(name, description, kind, value, owner=owner, reason=reason)
        revision = client.changed_revision
    show_made(made, revision, show_flag, as_json=as_json)


@features.command("get")
@click.argument("name")
@_evaluation
@ask_options
def get_feature(*, name: str, url: str | None, as_json: bool, **evaluation: Any) -> None:  # noqa: ANN401 - options
    """Print the value of the flag NAME.  Exit code 1: there is none."""
    with asked(url, _READ) as client:
        found = _explained(client, name, **evaluation)
    if found.error_code is not None:
        fail(Exit.NO, f"{found.error_code}: {found.detail or 'the flag has no value'}")
    if as_json:
        print_json({"key": found.key, "value": found.value, "variant": found.variant, "reason": found.reason})
    else:
        click.echo(value_text(found.value))


@features.command("explain")
@click.argument("name")
@_evaluation
@ask_options
def explain_feature(*, name: str, url: str | None, as_json: bool, **evaluation: Any) -> None:  # noqa: ANN401 - options
    """Say what the flag NAME is, and why: override, rule, bucket, plan.  Exit code 1: it has no value."""
    with asked(url, _READ) as client:
        found = _explained(client, name, **evaluation)
    if as_json:
        print_wire(found)
    else:
        show_explanation(found)
    if found.error_code is not None:
        raise SystemExit(int(Exit.NO))


@features.command("list")
@ask_options
def list_features(*, url: str | None, as_json: bool) -> None:
    """List the flags, in the order of the file; then features of plans."""
    with asked(url, _READ) as client:
        found = client.flags.list()
    if as_json:
        print_items(found)
    else:
        show_flags(found)


@features.command("set-override")
@click.argument("name")
@_needed_tenant
@click.option("--value", required=True, metavar="VALUE", help="Of the flag's type; objects are JSON.")
@click.option("--reason", metavar="TEXT", help="Why, in one line.")
@click.option("--expires-at", type=Moment(), metavar="TIME", help="From when on it counts for nothing.")
@if_version_option
@ask_options
def set_override(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    tenant_id: str,
    value: str,
    reason: str | None,
    expires_at: datetime | None,
    if_version: int | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Let a tenant have its own value of the flag NAME, at once.  Exit code 1: there is no such flag or tenant."""
    with asked(url, _WRITE) as client:
        own = value_of_type(client.flags.get(name).type, value, "--value")
        made = client.flags.set_override(
            name, tenant_id, own, reason=reason, expires_at=expires_at, if_match=if_version
        )
    if as_json:
        print_wire(made)
    else:
        show_override(made)


@features.command("remove-override")
@click.argument("name")
@_needed_tenant
@if_version_option
@ask_options
def remove_override(*, name: str, tenant_id: str, if_version: int | None, url: str | None, as_json: bool) -> None:
    """Let the policy decide about a tenant's NAME again.  Exit code 1: it has no value of its own."""
    with asked(url, _WRITE) as client:
        client.flags.remove_override(name, tenant_id, if_match=if_version)
    said(f"{tenant_id} has no value of its own of {name} any more", as_json=as_json)


@features.command("overrides")
@click.argument("name", required=False)
@ask_options
def list_overrides(*, name: str | None, url: str | None, as_json: bool) -> None:
    """List the values that tenants have instead, of the flag NAME or of all, and which of them count."""
    with asked(url, _WRITE) as client:
        found = list(client.flags.overrides(name))
    if as_json:
        print_items(found)
    else:
        show_overrides(found)


def _explained(  # noqa: PLR0913, PLR0917 - the options of an evaluation
    client: Doorward,
    name: str,
    tenant_id: str | None,
    user_id: str | None,
    context: dict[str, Any] | None,
    at: datetime | None,
) -> FlagExplanation:
    user = None if user_id is None else Entity("user", user_id)
    try:
        return client.flags.explain(name, tenant=tenant_id, context=context, subject=user, at=at)
    except ProblemResponse as error:
        if tenant_id is not None and error.detail == f"unknown tenant {tenant_id!r}":
            fail(Exit.NO, f"there is no tenant {tenant_id!r}")
        raise
