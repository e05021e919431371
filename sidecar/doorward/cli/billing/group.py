"""`doorward billing`: what tenants pay for."""

import click

from doorward.cli.billing.plans import plan_commands
from doorward.cli.billing.subscriptions import subscription_commands
from doorward.cli.billing.usage_recording import record_usage


@click.group()
def billing() -> None:
    """List and declare plans; subscribe tenants to them, show, change and end subscriptions; record usage."""


for _command in (*plan_commands, *subscription_commands, record_usage):
    billing.add_command(_command)
