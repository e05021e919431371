"""`doorward settings`: what is set of the enterprise features, and where."""

import json

import click

from doorward.cli.asking import POLICY, ask_options, asked
from doorward.cli.terminal import print_json, table, visible


@click.command("settings")
@ask_options
def settings(*, url: str | None, as_json: bool) -> None:
    """List the settings of the enterprise features that the sidecar heeds, and where each value is from."""
    with asked(url, POLICY) as client:
        answer = json.loads(client.request("GET", "/v1/settings").body)
    if as_json:
        print_json(answer)
        return
    rows = [
        [one["name"], _text(one["value"]), _unheeded(one["origin"]) if one["unheeded"] else visible(one["origin"])]
        for one in answer["items"]
    ]
    table(("setting", "value", "from"), rows)


def _text(value: object) -> str:
    return "" if value is None else visible(value) if isinstance(value, str) else json.dumps(value)


def _unheeded(origin: str) -> str:
    return "not heeded yet" if origin == "built-in" else f"{visible(origin)}, not heeded yet"
