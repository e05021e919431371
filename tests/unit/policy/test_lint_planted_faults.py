"""Faults planted into realistic trees are found: each with its code, in its line, and underlined where it stands."""

from collections.abc import Mapping
from functools import cache

import pytest

from doorward.policy.lint import Report
from support.lint_faults import Fault, plant, report_of
from support.lint_trees import TREES
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, MODEL, RULES, tree

SAAS, HOSPITAL, REST, SHARED, CI, BANK = (
    "a product with tenants",
    "a hospital",
    "a REST gateway",
    "shared documents",
    "build pipelines",
    "a bank",
)
ATTRIBUTES, STOCK, SITES, UNIVERSITY = "attributes", "bare names of stock Casbin", "factory sites", "a university"
BUCKETS, PATHS, OBJECTS = "storage with priorities", "paths with named parts", "objects with attributes"

# Tree, file, what is replaced ("": added at the end), by what, the code, what is underlined.
FAULTS = (
    Fault("a section is misspelt", SAAS, ACCESS_MODEL, "[matchers]", "[matcher]", "DW002"),
    Fault("the model has no such column", CI, ACCESS_MODEL, "m = g(r.sub, p.sub)", "m = g(r.sub, p.subject)", "DW002"),
    Fault("a denial is misspelt", BANK, ACCESS_RULES, "entered_by == r.ctx.subject.id, deny", "entered_by == r.ctx.subject.id, dney", "DW003"),
    Fault("a row lacks a field", SHARED, ACCESS_RULES, "p, folder-17, group:team-17, *, ", "p, folder-17, group:team-17, ", "DW003"),
    Fault("two rules have one name", HOSPITAL, ACCESS_RULES, "p, oncology-roster,", "p, cardiology-roster,", "DW003"),
    Fault("a tenant ends with a star", SAAS, ACCESS_RULES, "p, initech-media-finance-export, role:finance, initech-media,", "p, initech-media-finance-export, role:finance, initech-*,", "DW003"),
    Fault("roles run in a circle", BANK, ACCESS_RULES, "g, role:manager, role:teller, *", "g, role:manager, role:director, *", "DW004"),
    Fault("a role row lacks its tenant", SAAS, ACCESS_RULES, "g, role:editor, role:viewer, *", "g, role:editor, role:viewer", "DW004"),
    Fault("a condition lacks its quotes", ATTRIBUTES, ACCESS_RULES, "r.ctx.resource.classification == 'internal'", "r.ctx.resource.classification == internal", "DW005"),
    Fault("a condition reads no section", BANK, ACCESS_RULES, "r.ctx.resource.country", "r.ctx.payment.country", "DW005"),
    Fault("a directory says something twice", SAAS, DIRECTORY, "  reports: [", "  invoices: [view]\n  reports: [", "DW006"),
    Fault("a role is misspelt in a rule", SAAS, ACCESS_RULES, "p, acme-retail-finance-export, role:finance,", "p, acme-retail-finance-export, role:finace,", "DW101", "role:finace"),
    Fault("a role is misspelt in another case", BANK, ACCESS_RULES, "p, directors-approve, role:director,", "p, directors-approve, role:Director,", "DW101", "role:Director"),
    Fault("a role is forgotten in the role rows", REST, ACCESS_RULES, "g, prometheus, monitoring\n", "g, prometheus, monitorng\n", "DW102", "monitorng"),
    Fault("a role is misspelt where it holds another", BANK, ACCESS_RULES, "g, role:manager, role:teller, *", "g, role:manger, role:teller, *", "DW101", "role:manger"),
    Fault("a role nobody is given though all others are", CI, ACCESS_RULES, "p, atlas-web-developers-read-repo, team:atlas-developers,", "p, atlas-web-developers-read-repo, team:release-captains,", "DW101", "team:release-captains"),
    Fault("a role is misspelt where it is given", SITES, ACCESS_RULES, "role:lead-engineer, aachen-1", "role:lead-enginer, aachen-1", "DW102", "role:lead-enginer"),
    Fault("a role that no rule names in this tenant", SITES, ACCESS_RULES, "", "g, user:ada.adler, role:line-21, jena-25\n", "DW102", "role:line-21"),
    Fault("a tenant that is not listed", SAAS, ACCESS_RULES, "", "g, user:new.one, role:viewer, starfleet\n", "DW103", "starfleet"),
    Fault("a tenant is misspelt", SAAS, ACCESS_RULES, "role:finance, hooli-foods,", "role:finance, hoolli-foods,", "DW103", "hoolli-foods"),
    Fault("a tenant is misspelt and none is listed", SITES, ACCESS_RULES, "p, cork-7-line-9, role:line-9, cork-7,", "p, cork-7-line-9, role:line-9, crok-7,", "DW103", "crok-7"),
    Fault("a subject has no type", SAAS, ACCESS_RULES, "g, user:helpdesk.one, role:support, *", "g, helpdesk.one, role:support, *", "DW104", "helpdesk.one"),
    Fault("a subject has no type in a rule", SHARED, ACCESS_RULES, "p, public, *, *,", "p, public, everyone, *,", "DW104", "everyone"),
    Fault("a resource has no type", BANK, ACCESS_RULES, "p, tellers-read, role:teller, *, account:*,", "p, tellers-read, role:teller, *, account,", "DW105", "account"),
    Fault("a resource ends before the colon", HOSPITAL, ACCESS_RULES, "p, research-exports, role:researcher, *, chart:*,", "p, research-exports, role:researcher, *, chart*,", "DW105", "chart*"),
    Fault("a subject's type is misspelt", CI, ACCESS_RULES, "g, service:atlas-bot,", "g, serivce:atlas-bot,", "DW106", "serivce:atlas-bot"),
    Fault("a role's type is misspelt", BANK, ACCESS_RULES, "p, auditors-read, role:auditor,", "p, auditors-read, rloe:auditor,", "DW106", "rloe:auditor"),
    Fault("a resource's type is misspelt", UNIVERSITY, ACCESS_RULES, "*, grade:algebra-101/*, enter,", "*, garde:algebra-101/*, enter,", "DW107", "garde:algebra-101/*"),
    Fault("a listed type is misspelt", SAAS, ACCESS_RULES, "*, webhooks:*, create,", "*, webhook:*, create,", "DW107", "webhook:*"),
    Fault("an action the type does not have", SAAS, ACCESS_RULES, "*, members:*, invite,", "*, members:*, archive,", "DW108", "archive"),
    Fault("an action is misspelt", UNIVERSITY, ACCESS_RULES, "lecture:botany-104/*, publish,", "lecture:botany-104/*, pubilsh,", "DW108", "pubilsh"),
    Fault("a star where resources are compared", CI, ACCESS_RULES, "team:beacon-developers, repo:beacon-api, read", "team:beacon-developers, repo:*, read", "DW109", "repo:*"),
    Fault("a zero-width space in a role", BANK, ACCESS_RULES, "p, tellers-enter, role:teller,", "p, tellers-enter, role:tel\u200bler,", "DW110", "\u200b"),
    Fault("a space that does not break in a name", SHARED, ACCESS_RULES, "g, user:ben.adler,", "g, user:ben\u00a0adler,", "DW110", "\u00a0"),
    Fault("a letter of another alphabet", ATTRIBUTES, DIRECTORY, "[read, write, share]", "[read, write, sh\u0430re]", "DW110", "sh\u0430re"),
    Fault("a comment that is shown in another order", HOSPITAL, ACCESS_RULES, "p, oncology-roster,", "# nurses \u202e only\np, oncology-roster,", "DW110", "\u202e"),
    Fault("a name stands in quotes", BANK, ACCESS_RULES, "p, tellers-read, role:teller,", "p, tellers-read, 'role:teller',", "DW111", "'role:teller'"),
    Fault("an action stands in quotes", CI, ACCESS_RULES, "team:beacon-developers, repo:beacon-api, read", "team:beacon-developers, repo:beacon-api, 'read'", "DW111", "'read'"),
    Fault("a holder stands in quotes", PATHS, ACCESS_RULES, "g2, /books/:id/draft, books-drafts", "g2, '/books/:id/draft', books-drafts", "DW111", "'/books/:id/draft'"),
    Fault("a rule is copied", CI, ACCESS_RULES, "", "p, copied, team:delta-robots, pipeline:delta-web, report\n", "DW201", "copied"),
    Fault("a rule without a name is copied", STOCK, ACCESS_RULES, "", "p, web_stewards, sales_raw_1, read\np, web_stewards, sales_raw_1, read\n", "DW201"),
    Fault("a single share of a public folder", SHARED, ACCESS_RULES, "", "p, one-more, group:team-3, *, folder:003/q2, list, True, allow\n", "DW202", "one-more"),
    Fault("a rule for a role that holds a wider one", BANK, ACCESS_RULES, "", "p, managers-read, role:manager, branch-007, account:7, read, True, allow\n", "DW202", "managers-read"),
    Fault("a denial that another one holds already", SAAS, ACCESS_RULES, "", "p, twice, role:editor, wonka-media, invoices:2024-07, approve, True, deny\n", "DW202", "twice"),
    Fault("a path below another", PATHS, ACCESS_RULES, "", "p, books-editor, /books/:id/media/covers/*, ^(GET|PUT|DELETE)$\n", "DW202"),
    Fault("an allowance that a denial covers", SITES, ACCESS_RULES, "", "p, wipe-after-all, role:lead-engineer, faro-3, sensor:safety-9, wipe, allow\n", "DW203", "wipe-after-all"),
    Fault("an exception after what it excepts", BUCKETS, ACCESS_RULES, "", "p, 950, web-secret-report, user:ada.adler, web/secrets/**, get, True, allow\n", "DW203", "web-secret-report"),
    Fault("a rule after one that says the same first", BUCKETS, ACCESS_RULES, "", "p, 950, public-again, user:ada.adler, public/**, get, r.ctx.context.size < 5, allow\n", "DW202", "public-again"),
    Fault("everyone may do everything", HOSPITAL, ACCESS_RULES, "", "p, debug, *, *, *, *, True, allow\n", "DW204", "*"),
    Fault("a span across midnight", HOSPITAL, ACCESS_RULES, ">= 22 or hour(", ">= 22 and hour(", "DW301"),
    Fault("a condition that two values cannot hold", UNIVERSITY, ACCESS_RULES, "", "p, both, *, *, grade:*, publish, r.ctx.resource.term == 'spring' and r.ctx.resource.term == 'autumn', allow\n", "DW301"),
    Fault("a condition that always holds", BANK, ACCESS_RULES, "r.ctx.resource.country in ('KP','SY')", "r.ctx.resource.country != 'KP' or r.ctx.resource.country != 'SY'", "DW301"),
    Fault("a rule that is switched off", OBJECTS, ACCESS_RULES, "p, truck-read-owner, truck, read, r.sub.Name == r.obj.Owner", "p, truck-read-owner, truck, read, False", "DW301", "False"),
    Fault("a rule that is switched off and shadowed", BANK, ACCESS_RULES, "", "p, managers-read, role:manager, branch-007, account:7, read, False, allow\n", "DW301", "False"),
    Fault("an attribute is misspelt", ATTRIBUTES, ACCESS_RULES, "r.ctx.subject.clearance < 3", "r.ctx.subject.clearence < 3", "DW302", "r.ctx.subject.clearence"),
    Fault("an attribute that is always there is misspelt", HOSPITAL, ACCESS_RULES, "r.ctx.resource.patient == r.ctx.subject.id", "'patient' in r.ctx.subject.rolse", "DW302", "r.ctx.subject.rolse"),
    Fault("an attribute that no described resource has", ATTRIBUTES, ACCESS_RULES, "r.ctx.resource.classification != 'secret'", "r.ctx.resource.retention != 'expired'", "DW302", "r.ctx.resource.retention"),
    Fault("a matcher that no index can use", CI, ACCESS_MODEL, "m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act", "m = (g(r.sub, p.sub) && r.obj == p.obj || r.sub == 'user:root' && r.obj == p.obj) && contains(r.act, p.act)", "DW401"),
    Fault("a comment that silences nothing", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: ignore unknown-role: given by the personnel system\np, tellers-read,", "DW901", "unknown-role"),
    Fault("a comment without a reason", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: ignore shadowed-rule\np, tellers-read,", "DW902"),
    Fault("a comment that names no code", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: ignore shadowed: we know\np, tellers-read,", "DW902"),
    Fault("a comment in capital letters without a reason", BANK, ACCESS_RULES, "p, tellers-read,", "#DOORWARD : Ignore shadowed-rule\np, tellers-read,", "DW902"),
    Fault("a comment that silences by another word", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: silence shadowed-rule: we know\np, tellers-read,", "DW902"),
    Fault("a comment without its colon", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward ignore shadowed-rule: we know\np, tellers-read,", "DW902"),
    Fault("a comment with too many signs", BANK, ACCESS_RULES, "p, tellers-read,", "## doorward: ignore shadowed-rule: we know\np, tellers-read,", "DW902"),
    Fault("a comment of the model among rules", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: match g with keyMatch\np, tellers-read,", "DW902"),
    Fault("a comment in the directory without its colon", SAAS, DIRECTORY, "  reports: [", "  # Doorward silence x\n  reports: [", "DW902"),
    Fault("a comment for an error", BANK, ACCESS_RULES, "p, tellers-read,", "# doorward: ignore invalid-row: we know\np, tellers-read,", "DW902"),
)  # fmt: skip


@cache
def realistic(name: str) -> Mapping[str, bytes]:
    return TREES[name]()


@cache
def planted_report(fault: Fault) -> tuple[Mapping[str, bytes], int, Report]:
    """The realistic tree with the fault, the fault's line, and what lint finds."""
    planted, line = plant(realistic(fault.tree), fault)
    return planted, line, report_of(planted)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_in_its_line(fault: Fault) -> None:
    _, line, report = planted_report(fault)
    found = [one for one in report.findings if (one.path, one.line, one.code.code) == (fault.path, line, fault.code)]
    assert found, (line, report.as_json())
    if fault.marked:
        (source, span) = (found[0].source, found[0].span)
        assert source is not None
        assert span is not None
        assert source[span[0] : span[1]] == fault.marked


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.marked], ids=lambda fault: fault.name)
def test_a_planted_fault_brings_no_flood_of_others(fault: Fault) -> None:
    _, _, report = planted_report(fault)
    assert len(report.findings) <= 3


SILENCED = [
    one for one in FAULTS if one.path == ACCESS_RULES and one.code[:3] in {"DW1", "DW2", "DW3"} and "#" not in one.new
]


@pytest.mark.parametrize("fault", SILENCED, ids=lambda fault: fault.name)
def test_a_finding_is_silenced_by_a_comment_right_above_its_line(fault: Fault) -> None:
    planted, line, before = planted_report(fault)
    codes = {one.code.name for one in before.findings if one.line == line}
    lines = planted[ACCESS_RULES].decode().split("\n")
    lines.insert(line - 1, f"# doorward: ignore {', '.join(sorted(codes))}: it is meant so")
    report = report_of({**planted, ACCESS_RULES: "\n".join(lines).encode()})
    assert [one for one in report.findings if one.line in {line, line + 1}] == []
    assert report.silenced >= len(codes)


def test_names_and_codes_are_both_understood_and_comments_are_stacked() -> None:
    rules = f"{RULES}# doorward: ignore DW202: an example\n# doorward: ignore unknown-role: another\np, a, role:vewer, *, b:*, c, True, allow\n"
    report = report_of(tree(rules))
    assert [(one.code.name, one.line) for one in report.findings] == [("unused-ignore", 8)]
    assert report.silenced == 1


def test_a_comment_in_the_model_silences_its_next_line() -> None:
    rules = "".join(f"p, shelf-{n}, user:reader-{n}, shelf:{n}, read\n" for n in range(200))
    model = MODEL.replace("p = rule, sub, dom, obj, act, when, eft", "p = rule, sub, obj, act")
    before, _, _ = model.partition("[role_definition]")
    slow = f"{before.replace('r = sub, dom, obj, act, ctx', 'r = sub, obj, act')}[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = (r.sub == p.sub || contains(r.obj, p.obj)) && r.act == p.act\n"
    assert [one.code.name for one in report_of(tree(rules, slow)).findings] == ["unindexed-rules"]
    silenced = slow.replace("m = ", "# doorward: ignore unindexed-rules: a few hundred rules at most\nm = ")
    report = report_of(tree(rules, silenced))
    assert (list(report.findings), report.silenced) == ([], 1)


def test_a_comment_in_the_directory_silences_its_next_line() -> None:
    directory = "tenants: [acme]\nresources:\n  record:\n    record-1:\n      # doorward: ignore unknown-tenant: a test company\n      tenant: globex\n"
    report = report_of(tree(directory=directory))
    assert (list(report.findings), report.silenced) == ([], 1)


def test_a_row_that_two_sections_read_is_told_once() -> None:
    model = (
        "[request_definition]\nr = sub, obj, act\nr2 = sub, obj\n[policy_definition]\np = sub, obj, act\np2 = sub, obj\n"
        "[role_definition]\ng = _, _\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\n"
        "m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act\nm2 = g(r2.sub, p2.sub) && r2.obj == p2.obj\n"
    )
    rules = "p, role:a, doc:1, read\np2, role:a, doc:1\np2, user:x, doc:2\np, user:x, doc:3, read\ng, carl, role:a\n"
    assert [(one.code.name, one.line) for one in report_of(tree(rules, model)).findings] == [("untyped-subject", 5)]
