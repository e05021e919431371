"""Lint holds what tenants have of flags against the flags of the tree, not of the policy that is served."""

import pytest

from doorward.policy.lint import Finding, Live, LiveOverride
from support.lint_faults import report_of
from support.lint_overrides import live_override
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, tree

TEXT = """\
$segments: {}
a:
  type: boolean
  default: off
b: {type: integer, variants: {few: 1}, default: few}
"""
OVER = "2026-01-01T00:00:00+00:00"


def found(*overrides: LiveOverride, text: str = TEXT) -> list[Finding]:
    plans = {PLANS_MODEL: PLANS_CONF.encode(), PLANS: PLANS_CSV.encode()}
    return list(report_of(tree() | plans | {FLAGS: text.encode()}, Live(overrides=overrides)).findings)


@pytest.mark.parametrize(
    ("override", "name", "line", "marked"),
    [
        pytest.param(live_override("gone"), "override-without-flag", 0, "", id="the flag is gone"),
        pytest.param(live_override("$segments"), "override-without-flag", 0, "", id="what is no flag"),
        pytest.param(live_override("a", "on"), "override-does-not-fit", 3, "type", id="another type"),
        pytest.param(live_override("a", None), "override-does-not-fit", 3, "type", id="nothing"),
        pytest.param(live_override("b", 1.5), "override-does-not-fit", 5, "type", id="no whole number"),
        pytest.param(live_override("b", 1 << 53), "override-does-not-fit", 5, "type", id="too large a number"),
        pytest.param(live_override("advanced_analytics", 1), "override-does-not-fit", 0, "", id="a feature of plans"),
        pytest.param(live_override("a", expires_at=OVER), "expired-override", 2, "a", id="it has ended"),
        pytest.param(live_override("a", "on", expires_at=OVER), "expired-override", 2, "a", id="ended, not fitting"),
        pytest.param(live_override("gone", expires_at=OVER), "override-without-flag", 0, "", id="ended, without flag"),
    ],
)
def test_what_does_not_count_is_told_at_its_flag(override: LiveOverride, name: str, line: int, marked: str) -> None:
    (one,) = found(override)
    assert (one.code.name, one.path, one.line) == (name, FLAGS, line)
    assert (one.source or "")[slice(*(one.span or (0, 0)))] == marked


@pytest.mark.parametrize(
    "override",
    [
        pytest.param(live_override("a", False), id="it fits"),
        pytest.param(live_override("b", 7), id="a value of no variant"),
        pytest.param(live_override("advanced_analytics"), id="a feature of plans"),
        pytest.param(live_override("a", expires_at="2099-01-01T00:00:00+00:00"), id="it has not ended"),
    ],
)
def test_nothing_is_said_of_what_counts(override: LiveOverride) -> None:
    assert found(override) == []


def test_it_is_said_whether_it_counts_where_it_is_served() -> None:
    today = [
        one.message for one in found(live_override("gone"), live_override("gone", tenant="globex", state="no_flag"))
    ]
    assert ["it counts today, and would not any more" in message for message in today] == [True, False]


def test_the_way_to_remove_it_takes_no_name_for_an_option_or_a_command() -> None:
    (one,) = found(live_override("--url=http://evil; $(id)", tenant="a'b"))
    assert one.message.endswith(
        "`doorward features remove-override --tenant-id='a'\"'\"'b' -- '--url=http://evil; $(id)'`"
    )


def test_nothing_that_a_sidecar_says_steers_a_terminal() -> None:
    for one in found(
        live_override("x\x1b[2J\u202e\n"), live_override("a", "\x1b[2J" * 1000), live_override("a", 1, tenant="\r")
    ):
        assert one.message.isprintable()
        assert len(one.message) < 300


def test_a_comment_silences_a_flags_overrides_and_is_no_unused_one_where_nobody_is_asked() -> None:
    text = TEXT.replace("b: {", "# doorward: ignore override-does-not-fit: set anew in a week\nb: {")
    assert found(live_override("b", "x"), live_override("b", "y"), text=text) == []
    assert list(report_of(tree() | {FLAGS: text.encode()}).findings) == []
    assert [one.code.name for one in found(text=text)] == ["unused-ignore"]


def test_each_tenant_is_told_of() -> None:
    overrides = [live_override("gone", tenant=f"t{number}") for number in range(50)]
    report = report_of(tree(), Live(overrides=overrides))
    assert (len(report.findings), report.overrides, report.as_json()["overrides"]) == (50, 50, 50)
