"""`doorward health`: is the sidecar of this machine ready? For container health checks."""

import json

import click

from doorward.cli.terminal import Exit, fail
from doorward_sdk import Doorward, DoorwardError

_SECONDS = 2.0


@click.command()
@click.option("--url", help="The sidecar to ask.  [default: DOORWARD_URL, else the one that holds the state]")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")
def health(*, url: str | None, as_json: bool) -> None:
    """Ask /readyz.  Exit code 0: ready, 5: not ready or not there."""
    try:
        with Doorward(url, timeout=_SECONDS) as client:
            body = client.request("GET", "/readyz").body
    except DoorwardError as error:
        fail(Exit.UNREACHABLE, f"not ready: {error}", "start it with `doorward serve`, or see its log")
    answer = json.loads(body)
    if as_json:
        click.echo(body.decode())
    else:
        stale = f"; stale: {answer['reason']}" if answer.get("stale") else ""
        gone = answer.get("undeclared_plans")
        plans = f"; tenants have plans that are not declared: {', '.join(gone)}" if gone else ""
        click.echo(f"{answer['status']}, policy {answer.get('revision')}{stale}{plans}")
