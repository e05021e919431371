"""`doorward billing`: what tenants pay for."""

import click

from doorward.cli.plans import plan_commands
from doorward.cli.subscriptions import subscription_commands


@click.group()
def billing() -> None:
    """List and declare plans; subscribe tenants to them, show, change and end subscriptions."""


for _command in (*plan_commands, *subscription_commands):
    billing.add_command(_command)
