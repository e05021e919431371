"""The formats that were agreed on: every example of the contracts loads, where they stand beside the checkout."""

import dataclasses
import re
from pathlib import Path

import pytest

from doorward.domain.security import SecurityPolicies
from doorward.engine import Problems, read_rows
from doorward.policy import Tree, load_snapshot
from doorward.policy.catalog import read_catalog
from doorward.policy.security import read_security
from doorward.policy.yaml_reader import read_yaml
from support.trees import (
    CATALOG,
    DIRECTORY,
    MODEL,
    PLANS,
    PLANS_CONF,
    PLANS_CSV,
    PLANS_MODEL,
    ROOT,
    RULES,
    SECURITY,
    snapshot,
    tree,
)

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


def test_flags_example_is_read_by_the_strict_reader() -> None:
    (text,) = blocks("flags.yaml")
    problems = Problems("flags.yaml")
    assert read_yaml(text, problems), problems.all()


def test_catalog_and_security_examples_load_beside_the_default_plans() -> None:
    (catalog,), (security,) = blocks("catalog.yaml"), blocks("security.yaml")
    files = {path: (ROOT / path).read_bytes() for path in (PLANS_MODEL, PLANS)}
    files |= {CATALOG: catalog.encode(), SECURITY: security.encode()}
    loaded = load_snapshot(Tree(tree() | files))
    assert loaded.catalog.after_end == "basic"
    assert loaded.plans["basic"].grace_days == 7
    assert loaded.catalog.meters["storage_used"].unit == "MB"
    built_in = SecurityPolicies()
    assert dataclasses.replace(loaded.security, declared=()) == built_in
    assert len(loaded.security.declared) == 4


def test_default_catalog_says_of_what_the_contract_names_what_the_contract_says() -> None:
    (text,) = blocks("catalog.yaml")
    said, wanted = (read_catalog(one, Problems(CATALOG)) for one in ((ROOT / CATALOG).read_text(), text))
    for section in ("currency", "counts_as_subscribed", "after_end", "suspended_may", "meters", "roles"):
        assert getattr(said, section) == getattr(wanted, section), section
    assert said.limits["max_agents"] == wanted.limits["max_agents"]
    assert said.plans["basic"] == dataclasses.replace(
        wanted.plans["basic"], description=said.plans["basic"].description
    )


def test_default_security_is_the_contracts() -> None:
    (text,) = blocks("security.yaml")
    said, wanted = (read_security(one, Problems(SECURITY)) for one in ((ROOT / SECURITY).read_text(), text))
    assert [dataclasses.replace(one, line=0) for one in said.declared] == [
        dataclasses.replace(one, line=0) for one in wanted.declared
    ]


def test_default_plans_are_the_contracts() -> None:
    model, rules = blocks("plans.conf, plans.csv")
    wanted = [part for line in model.splitlines() for part in re.split(r"\s{3,}", line) if "=" in part]
    said = [line for line in PLANS_CONF.splitlines() if re.match(r"[rpgm]2? =", line)]
    assert sorted(said) == sorted(one.strip() for one in wanted)
    rows = [part for line in rules.splitlines() for part in re.split(r"\s{3,}", line) if part.startswith("p,")]
    features = [line.split(": ") for line in rules.splitlines() if line.startswith("p2")]
    rows += [f"p2, {plan}, {one}" for _, plan, listed in features for one in listed.split(", ")]
    assert sorted(", ".join((row.kind, *row.fields)) for row in read_rows(PLANS_CSV, Problems(PLANS))) == sorted(rows)


def test_on_and_off_are_strings() -> None:
    (text,) = blocks("flags.yaml")
    flags = read_yaml(text, Problems("flags.yaml"))
    assert flags is not None
    assert flags["beta_features"]["variants"] == {"on": True, "off": False}


def test_root_of_the_repository_is_itself_a_policy_tree(repository: Path) -> None:
    from doorward.bootstrap import load_folder  # noqa: PLC0415

    assert load_folder(repository).rule_count == 5
