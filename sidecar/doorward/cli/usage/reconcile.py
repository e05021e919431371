"""`doorward usage reconcile`: is what is kept of usage what its events say?"""

import json
from typing import Any, Final

import click

from doorward.cli.asking import ask_options, asked
from doorward.cli.terminal import Exit, counted, print_json, table, visible

_COLUMNS: Final = ("tenant", "name", "what", "of", "kept", "right")
_MINUTE: Final = len("2026-12-01T13:00")


@click.command("reconcile")
@click.argument("tenant", required=False)
@click.option("--repair", is_flag=True, help="Mend what is wrong.")
@ask_options
def reconcile_usage(*, tenant: str | None, repair: bool, url: str | None, as_json: bool) -> None:
    """Compute ledgers, hours and periods again from the events, of all tenants or of TENANT.

    Exit code 1: something differs; with --repair, it did.
    """
    body: dict[str, object] = {"repair": repair} | ({} if tenant is None else {"tenant": tenant})
    checked = 0
    found: list[dict[str, Any]] = []
    with asked(url, "the scope usage:write that is bound to no tenant") as client:
        while True:
            answer = json.loads(client.request("POST", "/v1/usage/reconcile", body).body)
            checked, found = checked + answer["checked"], [*found, *answer["differences"]]
            if answer["next"] is None:
                break
            body["cursor"] = answer["next"]
    if as_json:
        print_json({"checked": checked, "differences": found, "next": None})
    else:
        _tell(tenant, checked, found, repair=repair)
    raise SystemExit(int(Exit.NO if found else Exit.OK))


def _tell(tenant: str | None, checked: int, found: list[dict[str, Any]], *, repair: bool) -> None:
    if not checked and tenant is not None:
        click.echo(f"nothing is counted of a tenant {visible(tenant)}")
        return
    if not found:
        click.echo(f"{counted(checked, 'ledger')}: all is what the events say")
        return
    table(_COLUMNS, [_row(one) for one in found])
    end = "mended" if repair else "mend with --repair"
    click.echo(f"{counted(checked, 'ledger')}, {counted(len(found), 'difference')}: {end}", err=True)


def _row(one: dict[str, Any]) -> list[str]:
    when = "" if one["starts_at"] is None else f" {one['starts_at'][:_MINUTE]}Z"
    place = "the ledger" if one["per"] is None else f"{one['per']}{when}"
    return [visible(one["tenant"]), visible(one["name"]), one["what"], place, str(one["kept"]), str(one["right"])]
