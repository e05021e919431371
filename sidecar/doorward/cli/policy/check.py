"""`doorward check`: one access question from the terminal."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import click

from doorward.cli.asking import NO_KEY
from doorward.cli.connection import connected
from doorward.cli.terminal import Exit, fail, print_json, table, told
from doorward_sdk import DoorwardError, NotPermitted, ProblemResponse

_SECTIONS = ("subject", "resource", "action", "context")
_FAULTS_OF_THE_QUESTION = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED})
_BETTER_KEY: Final = "set DOORWARD_KEY to a key with the scopes decide, explain (--explain) and assert:roles (--role)"
_BY_POSITION = 'send the values in the model\'s order: POST /v1/enforce with {"request": [...]}'
Attributes = dict[str, Any]


@click.command()
@click.option("--subject", required=True, metavar="TYPE:ID", help="Who, like user:alice.")
@click.option("--action", required=True, metavar="NAME", help="What, like view.")
@click.option("--resource", required=True, metavar="TYPE:ID", help="To what, like agents:1; agents:* is the type.")
@click.option("--tenant", metavar="ID", help="In which tenant.")
@click.option("--role", "roles", multiple=True, metavar="NAME", help="A role to assert, like viewer. Repeatable.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.NAME=VALUE",
    help="An attribute, like resource.status=active; sections: subject, resource, action, context. "
    "Numbers, true, false and JSON are read as such. Repeatable.",
)
@click.option("--policy", type=click.Path(path_type=Path), metavar="TREE", help="Ask these files, not a sidecar.")
@click.option("--url", help="The sidecar to ask.  [default: DOORWARD_URL, else the one that holds the state]")
@click.option("--explain", is_flag=True, help="Show the rule, the roles, what was compared and what was missing.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")
def check(  # noqa: PLR0913 - one parameter an option
    *,
    subject: str,
    action: str,
    resource: str,
    tenant: str | None,
    roles: tuple[str, ...],
    settings: tuple[str, ...],
    policy: Path | None,
    url: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    """May SUBJECT do ACTION on RESOURCE?  Exit code 0: allowed, 1: denied, 5: no sidecar could be asked."""
    values = _read_settings(settings)
    if roles:
        values["subject"]["roles"] = [role.removeprefix("role:") for role in roles]
    if tenant is not None:
        values["context"]["tenant"] = tenant
    if explain:
        values["context"]["explain"] = True
    question = {
        "subject": _entity("--subject", subject, values["subject"]),
        "action": {"name": action, "properties": values["action"]},
        "resource": _entity("--resource", resource, values["resource"]),
        "context": values["context"],
    }
    answer = _ask(question, url, policy)
    if as_json:
        print_json(answer)
    else:
        _show(answer, f"{subject} {{}} {action} {resource}" + (f" in {tenant}" if tenant else ""))
    raise SystemExit(int(Exit.OK if answer["decision"] is True else Exit.NO))


def _read_settings(settings: Sequence[str]) -> dict[str, Attributes]:
    values: dict[str, Attributes] = {section: {} for section in _SECTIONS}
    for setting in settings:
        path, equals, text = setting.partition("=")
        section, dot, name = path.partition(".")
        if not equals or not dot or not name or section not in values:
            message = f"{setting!r} is no SECTION.NAME=VALUE; sections are {', '.join(_SECTIONS)}"
            raise click.BadParameter(message, param_hint="--set")
        *outer, last = name.split(".")
        place = values[section]
        for part in outer:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise click.BadParameter(f"{setting!r}: {part} has a value of its own already", param_hint="--set")
        place[last] = _value(text)
    return values


def _value(text: str) -> object:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _entity(option: str, text: str, properties: Attributes) -> Attributes:
    kind, colon, name = text.partition(":")
    if not colon or not kind or not name:
        raise click.BadParameter(f"{text!r} is no TYPE:ID, like user:alice", param_hint=option)
    return {"type": kind, "id": name} | ({"properties": properties} if properties else {})


def _ask(question: Attributes, url: str | None, policy: Path | None) -> Attributes:
    with told():
        try:
            with connected(url, policy) as client:
                response = client.request("POST", "/access/v1/evaluation", question)
                answer: Attributes = json.loads(response.body)
                return answer
        except NotPermitted as error:
            is_unknown = error.status == HTTPStatus.UNAUTHORIZED
            fail(Exit.UNREACHABLE, str(error), NO_KEY if is_unknown else _BETTER_KEY)
        except ProblemResponse as error:
            fix = _BY_POSITION if error.status == HTTPStatus.NOT_IMPLEMENTED else None
            if error.status in _FAULTS_OF_THE_QUESTION:
                fail(Exit.USAGE, error.detail or str(error), fix)
            fail(Exit.UNREACHABLE, str(error), fix)
        except DoorwardError as error:
            fail(Exit.UNREACHABLE, str(error), "start one with `doorward serve`, or give --policy TREE")


def _show(answer: Mapping[str, Any], sentence: str) -> None:
    allowed = answer["decision"] is True
    context: Mapping[str, Any] = answer.get("context", {})
    click.secho("ALLOWED" if allowed else "DENIED ", fg="green" if allowed else "red", bold=True, nl=False)
    click.echo(f"  {sentence.format('may' if allowed else 'may not')}")
    if "error" in context:
        _field("error", context["error"]["message"])
    if "reason" not in context:
        return
    if context["reason"] != context.get("error", {}).get("message"):
        _field("reason", context["reason"])
    rule = context.get("rule")
    if rule:
        _field("rule", f"{rule['id']}   {rule['file']}:{rule['line']}")
    if context["roles"]:
        _field("roles", " -> ".join(context["roles"]))
    for path, value in context["read"].items():
        _field("read", f"{path} = {json.dumps(value, ensure_ascii=False)}")
    for path in context["absent"]:
        _field("missing", f"{path} was not given and stands in no file")
    for note in context.get("notes", ()):
        _field("note", note)
    _field("revision", context["revision"])
    if context["considered"]:
        click.echo("\nrules that were looked at")
        columns = ("rule", "effect", "subject", "tenant", "when", "outcome")
        rows = [
            [*(str(one[name]) for name in columns), f"{one['file']}:{one['line']}"] for one in context["considered"]
        ]
        table([*columns, "place"], rows)


def _field(name: str, text: str) -> None:
    click.echo(f"  {name:<9} {text}")
