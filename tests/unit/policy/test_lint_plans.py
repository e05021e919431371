"""Lint tells of plans that stand in one of their two files alone, of roles that nobody has, and of faults with their place."""

import pytest

from doorward.policy.lint import Finding, Live
from support.lint_faults import report_of
from support.lint_overrides import live_plan
from support.trees import CATALOG, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, SECURITY, tree


def found(rows: str = PLANS_CSV, catalog: str = "", security: str = "") -> list[Finding]:
    files = {PLANS_MODEL: PLANS_CONF, PLANS: rows, CATALOG: catalog, SECURITY: security}
    return list(report_of(tree() | {path: text.encode() for path, text in files.items()}).findings)


def marked(finding: Finding) -> str:
    return (finding.source or "")[slice(*(finding.span or (0, 0)))]


def told(findings: list[Finding]) -> list[tuple[str, int, str]]:
    return [(one.code.name, one.line, marked(one)) for one in findings]


def test_the_default_files_are_silent() -> None:
    assert found(PLANS_CSV, (ROOT / CATALOG).read_text(), (ROOT / SECURITY).read_text()) == []


def test_a_misspelt_plan_is_told_in_both_files_with_what_was_meant() -> None:
    catalog = "plans:\n  basic:\n  profesional: {price_monthly: 4900}\n"
    findings = found("p2, basic, help\np2, professional, help\n", catalog)
    assert told(findings) == [("plan-without-rows", 3, "profesional"), ("undescribed-plan", 2, "professional")]
    assert "did you mean professional?" in findings[0].message
    assert "did you mean profesional?" in findings[1].message


def test_a_plan_that_others_inherit_needs_no_entry_and_one_that_inherits_has_rows() -> None:
    assert found("p2, base, help\ng, basic, base\n", "plans: {basic: }\n") == []


def test_a_plan_that_others_inherit_and_that_has_nothing_is_told() -> None:
    assert told(found("g, basic, base\n", "plans: {basic: , base: }\n")) == [("plan-without-rows", 1, "base")]


def test_where_the_catalog_sells_nothing_rows_are_enough() -> None:
    assert found("p2, basic, help\n", "roles: {viewer: }\n") == []


def test_where_there_are_no_rows_at_all_every_plan_is_told() -> None:
    files = tree() | {CATALOG: b"plans: {basic: , plus: }\n"}
    assert told(list(report_of(files).findings)) == [
        ("plan-without-rows", 1, "basic"),
        ("plan-without-rows", 1, "plus"),
    ]


def test_a_limit_that_no_plan_and_no_meter_has_is_told_with_what_was_meant() -> None:
    catalog = "limits:\n  max_agent: {kind: soft}\n  seats:\n  calls:\nmeters: {calls: {aggregation: sum}}\n"
    findings = found("p, basic, max_agents, total, 5\n", catalog)
    assert told(findings) == [("unknown-limit", 2, "max_agent"), ("unknown-limit", 3, "seats")]
    assert [one.message.split("; ")[1] for one in findings] == [
        "did you mean max_agents?",
        "remove the entry, or correct its name",
    ]


def test_a_limit_of_rows_that_the_catalog_does_not_name_and_a_meter_that_is_looked_at_otherwise_are_no_finding() -> (
    None
):
    catalog = "plans: {basic: }\nmeters: {calls: {aggregation: sum, per: hour}}\nlimits: {calls: }\n"
    assert found("p, basic, seats, total, 5\np, basic, calls, day, 5\n", catalog) == []


ROLES = "policies:\n- name: access\n  type: access_control\n  level: high\n  rules:\n    mfa_required_roles:\n    - admin\n{}"


def test_a_role_that_is_not_there_is_told_in_its_line() -> None:
    (finding,) = found(security=ROLES.format("    - auditor\n"))
    assert told([finding]) == [("unknown-mfa-role", 8, "auditor")]
    assert "access: there is no role auditor" in finding.message


def test_a_role_that_the_catalog_alone_names_is_there() -> None:
    assert found(catalog="roles: {auditor: }\n", security=ROLES.format("    - auditor\n")) == []


def test_a_comment_above_its_line_silences() -> None:
    comment = "    # doorward: ignore unknown-mfa-role: it comes with the next release\n"
    assert found(security=ROLES.format(f"{comment}    - auditor\n")) == []


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        pytest.param("p, basic, seats, week, 5", "week", id="a period"),
        pytest.param("p, basic, seats, total, many", "many", id="an amount"),
        pytest.param("p2, b@sic, help", "b@sic", id="a name"),
    ],
)
def test_the_cell_of_a_fault_is_marked(row: str, cell: str) -> None:
    assert told(found(f"# plans\n{row}\n")) == [("invalid-plans", 2, cell)]


def test_faults_of_model_and_security_have_codes_of_their_own() -> None:
    files = tree() | {PLANS_MODEL: b"[matchers]\nm = r.a == p.a\n", PLANS: b"", SECURITY: b"x: 1\n"}
    assert {one.code.name for one in report_of(files).findings} == {"invalid-plans", "invalid-security"}


def test_plans_that_tenants_have_and_the_tree_lacks_are_told_with_how_many() -> None:
    files = tree() | {
        PLANS_MODEL: PLANS_CONF.encode(),
        PLANS: b"p, professional, seats, total, 5\np, basic, seats, total, 1\n",
    }
    had = [
        live_plan("basic", 7),
        live_plan("profesional", 2, declared=False),
        live_plan("gone", 0, 3),
        live_plan("old", 1, 1),
    ]
    report = report_of(files, Live(plans=had))
    assert (report.tenants, report.as_json()["tenants"]) == (10, 10)
    assert told(list(report.findings)) == [("tenants-without-plan", 0, "")] * 3
    assert [one.message.partition(" no feature")[0] for one in report.findings] == [
        "there is no plan profesional (did you mean professional?), and of the tenants 2 have it: they have already",
        "there is no plan gone, and of the tenants 3 get it when their period ends: they would have",
        "there is no plan old, and of the tenants 1 have it and 1 get it when their period ends: they would have",
    ]


def test_nothing_that_a_sidecar_says_of_plans_steers_a_terminal() -> None:
    (one,) = report_of(tree(), Live(plans=[live_plan("\x1b[2J; $(id)")])).findings
    assert one.message.isprintable()
    assert "--plan=''\"'\"'\\x1b[2J; $(id)'\"'\"''`" in one.message


@pytest.mark.parametrize(
    ("rows", "catalog", "wanted"),
    [
        pytest.param(
            "p, basic, api_calls, hour, 5\np, basic, api_calls, day, 9\np, plus, api_cals, hour, 5\n",
            "meters: {api_calls: {aggregation: sum}}\n",
            [(3, "api_cals", "did you mean api_calls?")],
            id="a slip of a meter",
        ),
        pytest.param(
            "p, basic, seats, total, 5\np, plus, seats, total, 5\np, max, seat, total, 5\n",
            "",
            [(3, "seat", "did you mean seats?")],
            id="a slip of what others have",
        ),
        pytest.param(
            "p, basic, seats, total, 5\np, plus, desks, total, 5\np, plus, desks, day, 5\n",
            "",
            [
                (1, "seats", "write seats there, under limits, or correct the name"),
                (2, "desks", "write desks there, under limits, or correct the name"),
            ],
            id="like nothing, told once",
        ),
        pytest.param(
            "p, basic, api_cals, hour, 5\n",
            "limits: {api_calls: }\nmeters: {api_calls: {aggregation: sum}}\n",
            [(1, "api_cals", "did you mean api_calls?")],
            id="in the only plan",
        ),
        pytest.param("p, basic, seats, total, 5\np2, plus, help\n", "", [], id="the only plan with limits"),
        pytest.param(
            "p, basic, seats, total, 5\np, plus, desks, total, 5\n", "limits: {seats: , desks: }\n", [], id="known"
        ),
    ],
)
def test_a_limit_of_one_plan_that_nobody_else_knows_is_told_with_what_was_meant(
    rows: str, catalog: str, wanted: list[tuple[int, str, str]]
) -> None:
    findings = found(rows, catalog)
    assert [(one.line, marked(one), one.message.partition("; ")[2]) for one in findings] == wanted
    assert {one.code.name for one in findings} <= {"limit-of-one-plan"}
