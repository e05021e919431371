"""How `doorward policy show` tells a person what a policy holds: tables of its rules and roles."""

from typing import Any

import click

from doorward.cli.policy.show_flags import show_flags
from doorward.cli.terminal import table
from doorward.policy.snapshot import Snapshot


def show_policy(snapshot: Snapshot) -> None:
    """Every section with its effect and rules, then the roles and tenants."""
    description = snapshot.describe()
    click.echo(f"revision: {description['revision']}")
    _show_rules(_effect(snapshot, ""), description)
    for suffix, section in description["sections"].items():
        click.secho(f"\nsection {suffix} (r{suffix}, p{suffix}, m{suffix})", bold=True)
        _show_rules(_effect(snapshot, suffix), section)
    if description["roles"]:
        click.echo("")
        _show_roles(snapshot, description["roles"])
    if description["descriptions"]:
        click.echo("")
        table(["role", "description"], [[f"role:{name}", text] for name, text in description["descriptions"].items()])
    if description["plans"]:
        click.echo("")
        _show_plans(description)
    if description["flags"]:
        click.echo("")
        show_flags(description["flags"], description["segments"])
    if description["security"]["declared"]:
        click.echo("")
        _show_security(description["security"])
    if description["tenants"]:
        click.echo(f"\ntenants: {', '.join(description['tenants'])}")


def _show_plans(description: dict[str, Any]) -> None:
    """What each plan costs, in minor units as it is written, and what it gives."""
    currency = description["currency"]
    rows = [
        [*(str(plan[key]) for key in ("name", "title", "price_monthly", "price_yearly")), ", ".join(plan["features"])]
        for plan in description["plans"]
    ]
    table(["plan", "title", f"a month ({currency})", f"a year ({currency})", "features"], rows)
    limits = [(plan["name"], one) for plan in description["plans"] for one in plan["limits"]]
    if limits:
        click.echo("")
        table(["plan", "limit", "per", "amount"], [[name, *map(str, one.values())] for name, one in limits])


def _show_security(security: dict[str, Any]) -> None:
    """The policies that are declared, and what holds by them all."""
    table(
        ["security policy", "type", "level"], [[one["name"], one["type"], one["level"]] for one in security["declared"]]
    )
    click.echo("")
    holds = [(kind, rule, value) for kind in security if kind != "declared" for rule, value in security[kind].items()]
    table(["about", "rule", "value"], [[kind, rule, _shown(value)] for kind, rule, value in holds])


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _effect(snapshot: Snapshot, suffix: str) -> str:
    effect = snapshot.sections[suffix].model.effect
    return effect.value if effect.is_ordered else f"allowed if {effect.value}"


def _show_rules(effect: str, section: dict[str, Any]) -> None:
    click.echo(f"effect: {effect}\n")
    columns: list[str] = section["columns"]
    if any("description" in rule for rule in section["rules"]) and "description" not in columns:
        columns = [*columns, "description"]
    rows = [[rule["place"], *(rule.get(name, "") for name in columns)] for rule in section["rules"]]
    table(["place", *columns], rows)


def _show_roles(snapshot: Snapshot, roles: list[dict[str, str]]) -> None:
    """Role rows, with the columns that some role definition has."""
    definitions = snapshot.evaluator.definitions.values()
    columns = {"holder": "holder", "has role": "role"}
    if len(definitions) > 1:
        columns = {"definition": "definition"} | columns
    if any(one.domains for one in definitions):
        columns["in tenant"] = "tenant"
    if any(one.windows for one in definitions):
        columns |= {"from (UTC)": "from", "until (UTC)": "until"}
    domains = {one.name: one.domains for one in definitions}
    rows = [one if domains[one["definition"]] else {**one, "tenant": ""} for one in roles]
    table([*columns], [[row.get(key, "") for key in columns.values()] for row in rows])
