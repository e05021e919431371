"""Doors that a careless engine would leave open: failing patterns, roles of elsewhere, tokens asked for, typing errors."""

import pytest

from doorward.domain.access import AccessRequest, Question
from doorward.engine import Problems, read_model
from support.casbin_small import ask, evaluator, faults, model
from support.trees import snapshot

DENIES_TOO = "some(where (p.eft == allow)) && !some(where (p.eft == deny))"
BY_TENANT = "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        pytest.param(r"^/secret/\w+$", "/secret/\u00e9", id="a letter of another script"),
        pytest.param(r"(?i)^/secret/.*", "/SECRET/\u00e9", id="any case"),
        pytest.param(r"/u/\d+", "/u/\u0663", id="a digit of another script"),
    ],
)
def test_a_name_that_no_pattern_can_be_matched_with_is_denied(pattern: str, name: str) -> None:
    text = "# doorward: match g2 with regexMatch\n" + model(
        'r.sub == p.sub && (p.obj == "*" || g2(r.obj, p.obj))', p="sub, obj, eft", e=DENIES_TOO, g="_, _\ng2 = _, _"
    )
    policy = snapshot(f"p, user:a, *, allow\np, user:a, secrets, deny\ng2, {pattern}, secrets\n", text)
    by_position = policy.enforce(("user:a", name, "read"), "", 0.0, "")
    asked = policy.decide(Question("user:a", "-", name, "read"))
    assert (by_position.allowed, asked.allowed) == (False, False)
    assert by_position.error is not None
    assert asked.error is not None
    assert not policy.explain(Question("user:a", "-", name, "read")).decision.allowed


def test_asserted_roles_count_in_no_tenant_but_the_questions() -> None:
    text = model(
        f'({BY_TENANT}) || g(r.sub, "role:root", "system")', r="sub, dom, obj, act", p="sub, dom, obj, act", g="_, _, _"
    )
    engine = evaluator("p, role:x, acme, doc:1, read\ng, user:boss, role:root, system\n", text)
    assert engine.decide(ask(sub="user:boss", act="delete")).allowed
    assert not engine.decide(ask(sub="user:eve", act="delete", asserted=("role:root",))).allowed
    assert engine.decide(ask(sub="user:eve", asserted=("role:x",))).allowed


@pytest.mark.parametrize(
    "matcher",
    [
        pytest.param('!g(r.sub, "role:banned", "system") && {0} && eval(p.when)', id="a literal tenant first"),
        pytest.param('{0} && !g(r.sub, "role:banned", "system") && eval(p.when)', id="a literal tenant later"),
        pytest.param('!g2(r.sub, "role:banned", r.dom) && {0} && eval(p.when)', id="another definition first"),
        pytest.param('r.dom == p.dom && eval(p.when) && r.sub != "x"', id="no role call at all"),
    ],
)
def test_conditions_read_the_roles_of_the_questions_tenant(matcher: str) -> None:
    text = model(
        matcher.format(BY_TENANT), r="sub, dom, obj, act, ctx", p="sub, dom, obj, act, when", g="_, _, _\ng2 = _, _, _"
    )
    rows = "p, role:x, acme, doc:1, read, {} in r.ctx.subject.roles\ng, user:alice, role:x, acme\ng, user:alice, role:admin, system\ng2, user:alice, role:other, acme\n"
    assert not snapshot(rows.format("'admin'"), text).decide(ask()).allowed
    assert not snapshot(rows.format("'other'"), text).decide(ask()).allowed
    assert snapshot(rows.format("'x'"), text).decide(ask()).allowed
    assert snapshot(rows.format("'x'"), text).enforce(("user:alice", "acme", "doc:1", "read", {}), "", 0.0, "").allowed


def test_a_token_is_no_attribute_that_may_be_asked_for() -> None:
    assert "a token is always there" in str(
        faults("p, user:a, doc:1, read\n", model("r.sub == p.sub && !has(r.sub)"))[0]
    )


def test_declared_attributes_count_for_questions_by_position_too() -> None:
    text = model(
        '(p.sub == "*" || r.sub == p.sub) && r.obj == p.obj && eval(p.when)',
        r="sub, obj, act, ctx", p="sub, obj, when, eft", e=DENIES_TOO,
    )  # fmt: skip
    rows = "p, user:bob, doc:1, True, allow\np, *, doc:1, has(r.ctx.subject.status) and r.ctx.subject.status == 'suspended', deny\n"
    policy = snapshot(rows, text, "subjects: {user: {bob: {status: suspended}, eve: {}}}\n")
    stored = policy.subject_attributes("user:bob")
    request = AccessRequest("user", "bob", "read", "doc", "1")
    assert not policy.decide(Question("user:bob", "-", "doc:1", "read", request, (), (stored, {}))).allowed
    assert not policy.enforce(("user:bob", "doc:1", "read", {}), "", 0.0, "").allowed
    free = snapshot(rows, text, "subjects: {user: {bob: {}}}\n")
    assert free.enforce(("user:bob", "doc:1", "read", {}), "", 0.0, "").allowed


@pytest.mark.parametrize(
    "comment",
    [
        "# Doorward: match g with keyMatch2",
        "# DOORWARD: match g with keyMatch2",
        "; doorward: match g with keyMatch2",
        "## doorward: match g with keyMatch2",
        "# doorward match g with keyMatch2",
        "# doorward: matches g with keyMatch2",
        "# doorward: match g with keymatch2",
    ],
)
def test_a_misspelt_word_to_doorward_is_refused(comment: str) -> None:
    problems = Problems("models/access.conf")
    assert read_model(f"{comment}\n" + model("g(r.sub, p.sub)", g="_, _"), problems) is None
    assert problems.all()[0].line == 1


@pytest.mark.parametrize(
    "word", ["# Doorward reads this.", "# read by doorward: really", "#doorward: match g with keyMatch2"]
)
def test_other_comments_are_comments(word: str) -> None:
    assert read_model(f"{word}\n" + model("g(r.sub, p.sub)", g="_, _"), Problems("models/access.conf"))


@pytest.mark.parametrize("number", ["0x" + "F" * 4_000, "1" * 41])
def test_a_number_of_any_length_is_refused_and_not_shown(number: str) -> None:
    (fault,) = faults("p, user:a, doc:1, read\n", model(f"r.sub == p.sub && {number}"))
    assert "characters; 40 are enough" in fault.message


@pytest.mark.parametrize(
    "matcher",
    [
        'r.sub == p.sub && p.dom != "x"',
        'r.sub == p.sub && (p.dom == "*" || p.dom == "acme")',
        'r.sub == p.sub && keyMatch(r.sub, "a") || p.dom == "b"',
    ],
)
def test_a_tenant_column_is_compared_with_the_request(matcher: str) -> None:
    (fault,) = faults("p, user:a, acme\n", model(matcher, r="sub, dom", p="sub, dom"))
    assert "rules would cross tenants" in fault.message


def test_an_opened_question_is_explained_by_the_rule_that_decides_alone() -> None:
    text = model("r.sub == p.sub && eval(p.when) || r.sub == 'user:root'", r="sub, obj, act, ctx", p="rule, sub, when")
    policy = snapshot("".join(f"p, n{n}, user:u{n}, r.ctx.resource.x == 1\n" for n in range(50)), text)
    told = policy.explain(Question("user:root", "-", "doc:1", "read"))
    assert told.decision.allowed
    assert (told.absent, [one.rule for one in told.considered]) == ((), ["n0"])


def test_a_model_that_authzen_cannot_ask_is_explained_as_one() -> None:
    policy = snapshot("p, user:a, 3\n", model("r.who == p.who && r.level == p.level", r="who, level", p="who, level"))
    told = policy.explain(Question("user:a", "-", "doc:1", "read"))
    assert told.decision.error is not None
    assert told.decision.error.status == 501


def test_an_explanation_names_the_subject_whatever_its_column_is_called() -> None:
    text = model("g(r.sub, p.role) && r.obj == p.obj", p="role, obj, act", g="_, _")
    policy = snapshot("p, role:x, doc:1, read\ng, user:a, role:x\n", text)
    told = policy.explain(Question("user:a", "-", "doc:1", "read"))
    assert (told.roles, told.considered[0].subject) == (("user:a", "role:x"), "role:x")


@pytest.mark.parametrize("count", [1, 20])
def test_near_misses_do_not_depend_on_how_rules_are_indexed(count: int) -> None:
    text = model("g(r.sub, p.sub) && g2(r.obj, p.obj)", p="rule, sub, obj", g="_, _\ng2 = _, _")
    rows = "".join(f"p, n{n}, role:r{n}, docs\n" for n in range(count)) + "g2, doc:1, docs\n"
    told = snapshot(rows, text).explain(Question("user:a", "-", "doc:1", "read"))
    assert len(told.considered) == count
