"""docs/reference/flags.md is true: its examples load, and every key, reason and error stands there."""

import re

from doorward.domain.flags import MAX_INTEGER, FlagError, FlagType, Reason
from doorward.policy import Tree, load_snapshot
from doorward.policy.flags import entries, file, rules
from support.flag_builders import context
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, tree

PAGE = (ROOT / "docs/reference/flags.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_load_and_answer() -> None:
    files = {PLANS_MODEL: PLANS_CONF, PLANS: PLANS_CSV, FLAGS: "".join(EXAMPLES)}
    flags = load_snapshot(Tree(tree() | {path: text.encode() for path, text in files.items()})).flags
    answers = {one.key: one for one in flags.evaluate_all(context(plan="enterprise"), 0.0, {"analytics"})}
    assert {key: answers[key].reason for key in flags.declared.flags} == {
        "beta_features": Reason.TARGETING_MATCH,
        "web/search engine": Reason.DEFAULT,
        "page_size": Reason.DISABLED,
        "price_factor": Reason.STATIC,
        "banner": Reason.STATIC,
        "analytics": Reason.TARGETING_MATCH,
    }


def test_every_key_and_no_other_is_documented() -> None:
    tables = [
        [
            key
            for row in re.findall(r"^\| ((?:`[$a-z_]+`(?:, )?)+) \|", part, re.MULTILINE)
            for key in re.findall(r"`(.+?)`", row)
        ]
        for part in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)
    ]
    documented = [table for table in tables if table]
    assert [sorted(table) for table in documented[:3]] == [
        sorted(file.TOP_KEYS), sorted(entries.FLAG_KEYS), sorted(rules.RULE_KEYS),
    ]  # fmt: skip


def test_every_type_reason_error_and_bound_is_documented() -> None:
    words = [*FlagType, *(one for one in Reason if one is not Reason.ERROR), *FlagError]
    assert [word for word in words if f"`{word}`" not in PAGE] == []
    assert str(MAX_INTEGER) in PAGE
    assert f"{file.MAX_FLAGS:,}" in PAGE
