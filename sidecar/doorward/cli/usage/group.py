"""`doorward usage`: what tenants may have of limits, and what they use."""

import click

from doorward.cli.usage.counting import check_limit, consume_limits, return_consumed
from doorward.cli.usage.history import show_history, show_thresholds
from doorward.cli.usage.reconcile import reconcile_usage
from doorward.cli.usage.show import show_usage


@click.group()
def usage() -> None:
    """Check and count what tenants use."""


usage.add_command(check_limit)
usage.add_command(consume_limits)
usage.add_command(return_consumed)
usage.add_command(show_usage)
usage.add_command(show_history)
usage.add_command(show_thresholds)
usage.add_command(reconcile_usage)
