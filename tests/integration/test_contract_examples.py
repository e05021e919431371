"""The formats that were agreed on: every example of the contracts loads, where they stand beside the checkout."""

import re
from pathlib import Path

import pytest

from doorward.engine import Problems
from doorward.policy.yaml_reader import read_yaml
from support.trees import DIRECTORY, MODEL, ROOT, RULES, snapshot

CONTRACTS = ROOT.parent / "shared" / "CONTRACTS.md"
pytestmark = pytest.mark.skipif(not CONTRACTS.exists(), reason="the contracts do not stand beside this checkout")


def blocks(heading: str) -> list[str]:
    """The fenced blocks below a heading that starts with the given words."""
    section = CONTRACTS.read_text().split(f"### {heading}", 1)[1].split("\n##", 1)[0]
    return re.findall(r"```\w*\n(.*?)```", section, flags=re.DOTALL)


def definitions(model: str) -> list[str]:
    return [line.strip() for line in model.splitlines() if re.match(r"[rpgem]\s*=", line.strip())]


def test_default_model_and_rules_are_the_contracts() -> None:
    model, rules = blocks("access.conf, access.csv")
    assert definitions(MODEL) == definitions(model)
    assert rules == RULES


def test_default_directory_is_the_contracts_and_loads() -> None:
    (directory,) = blocks("directory.yaml")
    assert (ROOT / DIRECTORY).read_text() == directory
    assert snapshot(directory=directory).tenants == {"acme"}


@pytest.mark.parametrize("name", ["catalog.yaml", "flags.yaml", "security.yaml"])
def test_yaml_example_is_read_by_the_strict_reader(name: str) -> None:
    (text,) = blocks(name)
    problems = Problems(name)
    assert read_yaml(text.replace("description: ...", "description: words"), problems), problems.all()


def test_on_and_off_are_strings() -> None:
    (text,) = blocks("flags.yaml")
    flags = read_yaml(text, Problems("flags.yaml"))
    assert flags is not None
    assert flags["beta_features"]["variants"] == {"on": True, "off": False}


def test_root_of_the_repository_is_itself_a_policy_tree(repository: Path) -> None:
    from doorward.bootstrap import load_folder  # noqa: PLC0415

    assert load_folder(repository).rule_count == 5
