"""What commands that change policy share: the reason, and a change that waits."""

from collections.abc import Callable
from typing import TypeVar

import click

from doorward.cli.asking import Option
from doorward.cli.records.output import print_wire
from doorward_sdk import Flag, PendingChange, Plan, PolicyChange, Role, Rule

_Made = TypeVar("_Made", Rule, Role, Flag, Plan, PolicyChange)
reason_option: Option = click.option("--reason", default="", help="Why, in one line; it is kept in the commit.")


def show_made(
    made: _Made | PendingChange, revision: str | None, show: Callable[[_Made], None], *, as_json: bool
) -> None:
    """Show what a change made and the revision that it is served with, or that it waits until somebody merges."""
    if as_json:
        print_wire(made)
    elif isinstance(made, PendingChange):
        click.echo(f"waits for review on the branch {made.branch} (commit {made.commit[:12]})")
        click.echo("  next: merge it; until then nothing is served differently")
    else:
        show(made)
        if revision is not None:
            click.echo(f"revision     {revision}")
