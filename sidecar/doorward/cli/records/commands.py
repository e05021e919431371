"""Commands that tenants and users have in common: what to change, and taking away for good."""

import json
from collections.abc import Mapping
from typing import Any

import click

from doorward.cli.asking import Option
from doorward.cli.records.output import print_wire, show_one

if_version_option: Option = click.option(
    "--if-version", type=int, metavar="N", help="Only if it has this version; exit code 1 otherwise."
)
yes_option: Option = click.option("--yes", is_flag=True, help="Do not ask.")


class JsonObject(click.ParamType[dict[str, Any]]):
    """An option whose value is a JSON object."""

    name = "json"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> dict[str, Any]:
        """The object; a usage error for anything else."""
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self.fail(f'{value!r} is no JSON object, like {{"colour": "red"}}', param, ctx)
        return found


def given(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that options name. A usage error where none does."""
    named = {name: value for name, value in fields.items() if value is not None}
    if not named:
        raise click.UsageError("nothing to change; give at least one option that names a field")
    return named


def shown(item: object, *, as_json: bool) -> None:
    """Show one thing."""
    if as_json:
        print_wire(item)
    else:
        show_one(item)


def said(sentence: str, *, as_json: bool) -> None:
    """Say that something is done, where the API answers without a body."""
    if not as_json:
        click.echo(sentence)


def confirm_purge(what: str, consequence: str, *, yes: bool) -> None:
    """Ask before something is forgotten for good; a no ends the command with exit code 1."""
    if not yes:
        click.confirm(f"Forget {what} for good? {consequence}", abort=True, err=True)
