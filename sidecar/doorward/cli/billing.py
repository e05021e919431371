"""`doorward billing`: what tenants pay for."""

import click

from doorward.cli.plans import plan_commands


@click.group()
def billing() -> None:
    """List and declare plans."""


for _command in plan_commands:
    billing.add_command(_command)
