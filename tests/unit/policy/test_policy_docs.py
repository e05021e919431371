"""docs/reference/policy.md is true: its examples load, and every key and value of a file stands there."""

import re
from dataclasses import fields

import pytest

from doorward.domain.catalog import Aggregation, LimitKind, SubscriptionStatus, WhenUnavailable
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.security import PolicyType, SecurityLevel, SecurityPolicies
from doorward.policy import Tree, load_snapshot
from doorward.policy import catalog as catalog_reader
from doorward.policy import plans as plans_reader
from doorward.policy.tree import KNOWN_FILES
from support.trees import CATALOG, FLAGS, PLANS, PLANS_CONF, PLANS_MODEL, ROOT, SECURITY, tree

PAGE = (ROOT / "docs/reference/policy.md").read_text()


def section(path: str) -> str:
    (found,) = re.findall(rf"^## {re.escape(path)}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def example(path: str) -> str:
    return re.findall(r"^```\w*\n(.*?)^```$", section(path), re.MULTILINE | re.DOTALL)[0]


def test_every_file_of_a_tree_is_listed_and_has_a_section() -> None:
    listed = set(re.findall(r"^\| `((?:models|policies)/[a-z.]+)` \|", PAGE, re.MULTILINE))
    assert listed == KNOWN_FILES
    assert all(section(path) for path in KNOWN_FILES)


def test_the_examples_load_together() -> None:
    files = {path: example(path).encode() for path in (PLANS_MODEL, PLANS, CATALOG, SECURITY, FLAGS)}
    loaded = load_snapshot(Tree(tree() | files))
    assert loaded.catalog.after_end in loaded.plans
    assert loaded.security.passwords.min_length == 12
    assert loaded.flags.keys[0] == "new_dashboard"


def test_the_model_of_plans_is_the_default_one() -> None:
    assert example(PLANS_MODEL) == PLANS_CONF.partition("\n")[2]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (PLANS, [*Per, str(MAX_AMOUNT), f"{plans_reader.MAX_PLANS:,}", f"{plans_reader.MAX_FEATURES:,}"]),
        (CATALOG, [*catalog_reader._KEYS, *catalog_reader._PLAN_KEYS, *catalog_reader._METER_KEYS]),
        (CATALOG, [*SubscriptionStatus, *Aggregation, *LimitKind, *WhenUnavailable, *catalog_reader._LIMIT_KEYS]),
        (SECURITY, [*PolicyType, *SecurityLevel]),
    ],
)
def test_every_key_and_word_is_documented(path: str, names: list[str]) -> None:
    assert [name for name in names if name not in section(path)] == []


def test_every_rule_of_security_is_documented_with_its_built_in_value() -> None:
    built_in = SecurityPolicies()
    rows = re.findall(r"^\| (?:`[a-z_]*` )?\| (.*?) \| (.*?) \|", section(SECURITY), re.MULTILINE)
    documented = {name: value for rules, value in rows for name in re.findall(r"`([a-z_]+)`", rules)}
    words = {None: "null: no end", True: "true", (): "none"}
    declared = {
        one.name: getattr(profile, one.name)
        for profile in (built_in.passwords, built_in.sessions, built_in.access, built_in.data)
        for one in fields(profile)
    }
    assert documented == {name: words.get(value, str(value)) for name, value in declared.items()}
