"""`doorward billing`: the plans of a policy, listed and declared."""

import re
from collections.abc import Iterable
from typing import Any, Final

import click

from doorward.cli.asking import POLICY, ask_options, asked
from doorward.cli.policy.changes import reason_option, show_made
from doorward.cli.records.output import wire
from doorward.cli.terminal import print_json, table, visible
from doorward_sdk import Plan, PlanLimit
from doorward_sdk.billing.money import major_text, minor_units

_UNLIMITED: Final = "unlimited"
_LIMIT: Final = re.compile(r"(?P<name>[^=]+)=(?P<amount>[0-9]{1,19}|unlimited)(?:/(?P<per>[a-z_/]+))?\Z", re.ASCII)
_RATE: Final = "rate/second"


class GivenLimit(click.ParamType[tuple[str, object]]):
    """`NAME=AMOUNT`, or `NAME=AMOUNT/PER`."""

    name = "limit"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, object]:
        """The name and what the API takes for it; a usage error for anything else."""
        found = _LIMIT.match(value)
        if found is None:
            self.fail(f"{value!r} is no limit; write max_agents=5, api_calls=1000/hour or seats=unlimited", param, ctx)
        amount = _UNLIMITED if found["amount"] == _UNLIMITED else int(found["amount"])
        per = _RATE if found["per"] == "second" else found["per"]
        return found["name"], amount if per is None else {"per": per, "amount": amount}


@click.command("plans")
@ask_options
def list_plans(*, url: str | None, as_json: bool) -> None:
    """List the plans with what they cost and give."""
    with asked(url, POLICY) as client:
        found = client.plans.list()
        currency = found[0].currency if found else client.plans.currency()
    if as_json:
        print_json({"currency": currency, "items": [wire(one) for one in found], "next": None})
        return
    rows = [
        [one.name, one.title, *_prices(one), str(one.trial_days), _limits(one.limits), ", ".join(one.features)]
        for one in found
    ]
    headings = ["plan", "title", f"monthly {currency}", f"yearly {currency}", "trial days", "limits", "features"]
    table(headings, [[visible(cell) for cell in row] for row in rows], or_blocks=True)
    if not rows:
        click.echo("  none", err=True)


@click.command("create-plan")
@click.option("--name", required=True, help="Its id.")
@click.option("--title", default="", help="What people call it.  [default: its id]")
@click.option("--description", default="", help="Whom it is for, in one line.")
@click.option("--price-monthly", required=True, metavar="PRICE", help="Like 49.00, in the policy's currency.")
@click.option("--price-yearly", required=True, metavar="PRICE", help="Like 490.00.")
@click.option(
    "--limit",
    "limits",
    type=GivenLimit(),
    multiple=True,
    metavar="NAME=AMOUNT[/PER]",
    help="Like max_agents=5, api_calls=1000/hour, seats=unlimited. Repeatable.",
)
@click.option("--feature", "features", multiple=True, metavar="NAME", help="Repeatable.")
@click.option("--trial-days", type=int, default=0, metavar="DAYS", help="How long it can be tried out.")
@click.option("--grace-days", type=int, default=0, metavar="DAYS", help="How long it is kept unpaid.")
@reason_option
@ask_options
def create_plan(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    title: str,
    description: str,
    price_monthly: str,
    price_yearly: str,
    limits: tuple[tuple[str, object], ...],
    features: tuple[str, ...],
    trial_days: int,
    grace_days: int,
    reason: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Declare a plan, in a commit.  Exit code 1: it exists, or the policy cannot be written to."""
    with asked(url, POLICY) as client:
        currency = client.plans.currency()
        made = client.plans.create(
            name,
            description,
            minor_units(price_monthly, currency),
            minor_units(price_yearly, currency),
            features,
            _by_name(limits),
            title=title,
            trial_days=trial_days,
            grace_days=grace_days,
            reason=reason,
        )
        revision = client.changed_revision
    show_made(made, revision, _show, as_json=as_json)


plan_commands: Final = (list_plans, create_plan)


def _by_name(limits: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Limits as the API takes them: one that is given in several ways is a list."""
    found: dict[str, list[object]] = {}
    for name, amount in limits:
        found.setdefault(name, []).append(amount)
    return {name: several[0] if len(several) == 1 else several for name, several in found.items()}


def _prices(plan: Plan) -> tuple[str, str]:
    return major_text(plan.price_monthly, plan.currency), major_text(plan.price_yearly, plan.currency)


def _limits(limits: Iterable[PlanLimit]) -> str:
    return ", ".join(f"{one.limit} {one.amount}{_per(one.per)}" for one in limits)


def _per(per: str) -> str:
    match per:
        case "total":
            return ""
        case "rate/second":
            return "/second"
        case _:
            return f"/{per}"


def _show(plan: Plan) -> None:
    monthly, yearly = _prices(plan)
    for title, text in (
        ("plan", plan.name),
        ("title", plan.title),
        ("description", plan.description or ""),
        ("price", f"{monthly} {plan.currency} a month, {yearly} a year"),
        ("trial", f"{plan.trial_days} days" if plan.trial_days else ""),
        ("grace", f"{plan.grace_days} days" if plan.grace_days else ""),
        ("limits", _limits(plan.limits)),
        ("features", ", ".join(plan.features)),
        ("place", plan.place),
    ):
        if text:
            click.echo(f"{title:<12} {visible(text)}")
