"""The examples of policy tests in the docs are read, and hold or fail as the pages say."""

import re

import pytest

from doorward.policy import Tree
from doorward.policy.policy_tests import load_with_tests, run_tests
from support.trees import FLAGS, PLANS, PLANS_MODEL, ROOT, RULES, tree

PATH = "policies/tests/access.yaml"
OWNERS = "p, owners-delete, *, *, agents:*, delete, r.ctx.resource.owner == r.ctx.subject.id, allow\n"
PAYERS = """p, agent-creation, role:user, *, agents:*, create, True, allow
p, agent-creation.requires-subscription, *, *, agents:*, create, not r.ctx.tenant.subscribed, deny
"""


def file_of(page: str) -> str:
    """The blocks of a page that hold tests, as one file."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    found = [block for block in blocks if "- name:" in block and not block.startswith("policies:")]
    assert found
    return "tests:\n" + "\n".join(block.removeprefix("tests:\n") for block in found)


def failing(page: str, rules: str = RULES) -> list[str]:
    files = tree(rules, directory="tenants: [acme]\n") | {PATH: file_of(page).encode()}
    files |= {path: (ROOT / path).read_bytes() for path in (PLANS_MODEL, PLANS, FLAGS)}
    snapshot, tests = load_with_tests(Tree(files))
    return [one.test.name for one in run_tests(tests, snapshot) if not one.passed]


@pytest.mark.parametrize(
    ("page", "rules"),
    [
        ("docs/reference/policy.md", RULES),
        ("docs/how-to/test-a-policy.md", RULES + OWNERS + PAYERS),
        ("docs/tutorial/first-policy.md", RULES + OWNERS),
    ],
)
def test_the_examples_hold(page: str, rules: str) -> None:
    assert failing(page, rules) == []


def test_without_the_rule_the_how_to_shows_what_fails() -> None:
    page = "docs/how-to/test-a-policy.md"
    assert failing(page, RULES + PAYERS) == ["owners delete their agents"]
    assert "FAILED  owners delete their agents  policies/tests/access.yaml:8\n" in (ROOT / page).read_text()


def test_every_key_of_a_test_is_documented() -> None:
    from doorward.policy.policy_tests import entries  # noqa: PLC0415 - its lists of keys

    (section,) = re.findall(
        r"^## policies/tests.*?(?=^## )", (ROOT / "docs/reference/policy.md").read_text(), re.MULTILINE | re.DOTALL
    )
    rows = re.findall(r"^\| ([a-z, ]+) \| ", section, re.MULTILINE)
    documented = {name for row in rows for name in row.split(", ")} - {"key"}
    assert documented == {*entries._EVERY, *entries._ACCESS, *entries._POSITION, *entries.FLAG_KEYS}
    assert entries.DEFAULT_TIME in section
