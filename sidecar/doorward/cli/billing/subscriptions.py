"""`doorward billing`: subscriptions of tenants, begun, shown, changed and ended."""

from typing import Final

import click

from doorward.cli.asking import Option, ask_options, asked
from doorward.cli.records.commands import if_version_option, shown, yes_option
from doorward.cli.records.output import print_items, show_table
from doorward_sdk import Doorward, Subscription

_COLUMNS: Final = ("id", "tenant", "plan", "billing_period", "status", "current_period_end", "cancel_at")
_SCOPE: Final = "the scope admin:subscriptions, bound to no tenant,"
_PERIODS: Final = click.Choice(["monthly", "yearly"])
_STATUSES: Final = click.Choice(["trialing", "active", "past_due", "paused", "canceled", "expired"])
_WHEN: Final = click.Choice(["now", "period-end"])
_which: Option = click.argument("subscription_id", required=False)
_of_tenant: Option = click.option(
    "--tenant-id", metavar="ID", help="The tenant whose live one it is, instead of its id."
)


@click.command("subscribe")
@click.option("--tenant-id", required=True, metavar="ID", help="The tenant.")
@click.option("--plan-id", required=True, metavar="NAME", help="The plan.")
@click.option("--period", type=_PERIODS, default="monthly", show_default=True, help="How often it is paid for.")
@click.option("--time-zone", metavar="NAME", help="Where periods are counted, like Europe/Berlin.  [default: UTC]")
@click.option("--trial/--no-trial", default=None, help="With one, or fail; without.  [default: with one, if it can]")
@ask_options
def subscribe(  # noqa: PLR0913 - one parameter an option
    *,
    tenant_id: str,
    plan_id: str,
    period: str,
    time_zone: str | None,
    trial: bool | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Subscribe a tenant to a plan, from now on.  Exit code 1: it has a subscription, or there is no such tenant."""
    with asked(url, _SCOPE) as client:
        made = client.subscriptions.create(tenant_id, plan_id, period, time_zone=time_zone, trial=trial)
    _changed(made, as_json=as_json)


@click.command("subscriptions")
@click.option("--tenant-id", metavar="ID", help="Only those of a tenant.")
@click.option("--status", type=_STATUSES, help="Only those that stand so now.")
@ask_options
def list_subscriptions(*, tenant_id: str | None, status: str | None, url: str | None, as_json: bool) -> None:
    """List subscriptions, also those that have ended."""
    with asked(url, _SCOPE) as client:
        found = list(client.subscriptions.list(tenant=tenant_id, status=status))
    if as_json:
        print_items(found)
    else:
        show_table(found, _COLUMNS)


@click.command("show")
@_which
@_of_tenant
@ask_options
def show(*, subscription_id: str | None, tenant_id: str | None, url: str | None, as_json: bool) -> None:
    """Show how a subscription stands.  Exit code 1: there is none."""
    with asked(url, _SCOPE) as client:
        found = client.subscriptions.get(_id(client, subscription_id, tenant_id))
    shown(found, as_json=as_json)


@click.command("change")
@_which
@_of_tenant
@click.option("--plan-id", metavar="NAME", help="Another plan.")
@click.option("--period", type=_PERIODS, help="How often it is paid for.")
@click.option("--when", type=_WHEN, default="now", show_default=True, help="From when on.")
@if_version_option
@ask_options
def change(  # noqa: PLR0913 - one parameter an option
    *,
    subscription_id: str | None,
    tenant_id: str | None,
    plan_id: str | None,
    period: str | None,
    when: str,
    if_version: int | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Go on with another plan or period.  Exit code 1: it has ended, or is to end.

    What was used in the period still counts. Limits that the new plan leaves exceeded are told; nothing is taken away.
    """
    if plan_id is None and period is None:
        raise click.UsageError("nothing to change; give --plan-id, --period, or both")
    with asked(url, _SCOPE) as client:
        made = client.subscriptions.change(
            _id(client, subscription_id, tenant_id),
            plan_id,
            billing_period=period,
            when=_member(when),
            if_match=if_version,
        )
    _changed(made, as_json=as_json)


@click.command("cancel")
@_which
@_of_tenant
@click.option("--when", type=_WHEN, default="period-end", show_default=True, help="When it ends.")
@if_version_option
@yes_option
@ask_options
def cancel(  # noqa: PLR0913 - one parameter an option
    *,
    subscription_id: str | None,
    tenant_id: str | None,
    when: str,
    if_version: int | None,
    yes: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """End a subscription.  Exit code 1: it has ended.

    At the end of its period or trial, which `resume` takes back until then, or now.
    """
    with asked(url, _SCOPE) as client:
        one = _id(client, subscription_id, tenant_id)
        if when == "now" and not yes:
            click.confirm(f"End the subscription {one} now? It cannot be taken back.", abort=True, err=True)
        made = client.subscriptions.cancel(one, when=_member(when), if_match=if_version)
    shown(made, as_json=as_json)


@click.command("resume")
@_which
@_of_tenant
@if_version_option
@ask_options
def resume(
    *, subscription_id: str | None, tenant_id: str | None, if_version: int | None, url: str | None, as_json: bool
) -> None:
    """End a pause, or take a pending cancellation or change back.  Exit code 1: there is neither."""
    with asked(url, _SCOPE) as client:
        made = client.subscriptions.resume(_id(client, subscription_id, tenant_id), if_match=if_version)
    shown(made, as_json=as_json)


@click.command("pause")
@_which
@_of_tenant
@if_version_option
@ask_options
def pause(
    *, subscription_id: str | None, tenant_id: str | None, if_version: int | None, url: str | None, as_json: bool
) -> None:
    """Let a subscription not count until it is resumed.  Exit code 1: it is past due, or has ended."""
    with asked(url, _SCOPE) as client:
        made = client.subscriptions.pause(_id(client, subscription_id, tenant_id), if_match=if_version)
    shown(made, as_json=as_json)


@click.command("record-payment")
@_which
@_of_tenant
@click.option("--status", type=click.Choice(["paid", "failed"]), required=True, help="What became of it.")
@ask_options
def record_payment(
    *, subscription_id: str | None, tenant_id: str | None, status: str, url: str | None, as_json: bool
) -> None:
    """Say that a payment came, or failed, as a payment system does.  Exit code 1: the subscription has ended."""
    with asked(url, _SCOPE) as client:
        made = client.subscriptions.note_payment(_id(client, subscription_id, tenant_id), status)
    shown(made, as_json=as_json)


def _id(client: Doorward, subscription_id: str | None, tenant_id: str | None) -> str:
    """The id of a subscription, or of a tenant's. A usage error where neither is given, or both."""
    if tenant_id is None and subscription_id is not None:
        return subscription_id
    if tenant_id is not None and subscription_id is None:
        return client.subscriptions.of_tenant(tenant_id).id
    raise click.UsageError("give the id of a subscription, or --tenant-id")


def _member(when: str) -> str:
    return when.replace("-", "_")


def _changed(made: Subscription, *, as_json: bool) -> None:
    """Show a subscription; limits that its plan leaves exceeded are told on standard error."""
    shown(made, as_json=as_json)
    if made.exceeded:
        told = f"the tenant uses more than the plan {made.plan} gives of: {', '.join(made.exceeded)}"
        click.secho(f"warning: {told}; nothing is taken away, and nothing more is given", fg="yellow", err=True)


subscription_commands: Final = (
    subscribe,
    list_subscriptions,
    show,
    change,
    cancel,
    resume,
    pause,
    record_payment,
)
