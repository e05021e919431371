"""The docs are tested: what is undocumented, or documented and not there, fails."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from doorward.bootstrap import Application, folder_application, make_authenticator
from doorward.cli import main
from doorward.web import http as web_http
from doorward.web.policy.wire import RuleItem
from support.trees import ROOT

DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sdk/*.md")])


@pytest.fixture(scope="module")
def application() -> Application:
    return folder_application(ROOT, make_authenticator("key", no_auth=False))


def leaves(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


COMMANDS = dict(leaves(main, "doorward"))


def documented_commands() -> dict[str, str]:
    text = (ROOT / "docs/reference/commands.md").read_text()
    return dict(re.findall(r"^\| `(doorward [a-z -]+?)(?: \[[A-Z]+\])?` \| (.*) \|$", text, flags=re.MULTILINE))


def test_every_command_is_documented_and_exists() -> None:
    assert set(documented_commands()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_documented_and_exists(name: str) -> None:
    options = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    assert set(re.findall(r"`(--[a-z-]+)`", documented_commands()[name])) == options


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_a_help_text(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_every_endpoint_is_documented_with_its_scope(application: Application) -> None:
    text = (ROOT / "docs/reference/http.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| ([a-z:]+) \|", text, flags=re.MULTILINE))
    described = application.flask.test_client().get("/openapi.json").get_json()["paths"]
    there = set()
    for path, methods in described.items():
        for method, operation in methods.items():
            found = re.search(r"(?:scope|the) `([a-z:]+)`", operation.get("description", ""))
            there.add((f"{method.upper()} {path}", found[1] if found else "open"))
    assert documented == there


def test_every_metric_is_documented_and_exists(application: Application) -> None:
    text = (ROOT / "docs/reference/http.md").read_text()
    documented = set(re.findall(r"^\| `(doorward_[a-z_]+[a-z])` \|", text, flags=re.MULTILINE))
    client = application.flask.test_client()
    client.post(
        "/access/v1/evaluation",
        json={"subject": {"type": "user", "id": "a"}, "action": {"name": "b"}, "resource": {"type": "c", "id": "d"}},
        headers={"Authorization": "Bearer key"},
    )
    exposition = client.get("/metrics").get_data(as_text=True)
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposition, flags=re.MULTILINE))
    helps = set(re.findall(r"^# HELP (\S+) \S", exposition, flags=re.MULTILINE))
    assert helps == set(types)
    assert {name for name in types if not name.startswith("doorward_process_")} == documented
    assert [name for name, kind in types.items() if kind == "counter" and not name.endswith("_total")] == []


def test_every_problem_is_documented_and_exists() -> None:
    text = (ROOT / "docs/reference/http.md").read_text().split("## Problems", 1)[1]
    documented = set(re.findall(r"^\| `([a-z_-]+)` \| \d+ \|", text, flags=re.MULTILINE))
    source = "".join(path.read_text() for path in (ROOT / "sidecar/doorward/web").glob("*.py"))
    raised = set(re.findall(r'problem\(\s*\d+, "([a-z_-]+)"', source)) | {"not-found", "method-not-allowed"}
    assert documented == raised | {name for _, name, _ in web_http._PROBLEMS.values()}


def test_every_member_of_a_rule_is_documented_and_exists() -> None:
    text = " ".join((ROOT / "docs/reference/http.md").read_text().split())
    documented = re.search(r"A rule is `\{([a-z, ]+)\}`", text)
    assert documented is not None
    assert tuple(documented[1].split(", ")) == RuleItem.__struct_fields__


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
