"""A model in words: each part of the matcher is a sentence, and nothing of Casbin's language is left over."""

import re

import pytest

from doorward.engine import Problems, read_model
from doorward.engine.language.expressions import parse
from doorward.policy.explain_model import Meaning, explain_model
from doorward.policy.explain_model.words import Words
from doorward.policy.loading import load_snapshot
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import Tree
from support.stock_files import ALLOW, BOTH, CASES, DENY, PRIORITY, ROLES, SAME, SUBJECT, StockCase, model
from support.trees import ACCESS_MODEL, ACCESS_RULES, MODEL


def chapter(meaning: Meaning, title: str) -> tuple[str, ...]:
    """The sentences and points of the chapter whose title begins so."""
    found = next(one for one in meaning.chapters if one.title.startswith(title))
    return (*found.sentences, *found.points)


def meanings(text: str) -> list[Meaning]:
    problems = Problems("models/access.conf")
    checked = read_model(text, problems)
    assert checked is not None, problems.all()
    return explain_model(text, checked.sections)


def tree(text: str, rows: str) -> Snapshot:
    return load_snapshot(Tree({ACCESS_MODEL: text.encode(), ACCESS_RULES: rows.encode()}))


def explained(text: str, rows: str) -> Meaning:
    """The main section of a model with rules."""
    sections = tree(text, rows).sections
    return explain_model(text, {name: one.model for name, one in sections.items()}, sections)[0]


def main_set(text: str) -> Meaning:
    return meanings(text)[0]


def test_the_default_model() -> None:
    meaning = main_set(MODEL)
    assert [one.title for one in meaning.chapters] == [
        "A question is made of",
        "A rule says",
        "A rule applies when all of these hold",
        "Roles (g)",
        "From rules to an answer",
        "Who can ask",
        "Speed",
    ]
    assert chapter(meaning, "A rule applies") == (
        "its subject is everyone (`*`), the one who asks, or a role that the one who asks holds in the tenant in question",
        "its tenant is the tenant in question or every tenant (`*`)",
        "its resource is the resource in question, a prefix of it that ends with `*`, or every resource (`*`)",
        "its action is the action in question or every action (`*`)",
        "its condition (`when`) is true",
    )
    assert chapter(meaning, "From rules") == (
        "Allowed if a rule that allows applies and none that denies does. No rule: denied.",
        "The first rule in the file that denies decides; if none does, the first that allows.",
    )


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("r.sub == p.sub", "its subject is the one who asks"),
        ("p.sub == r.sub", "its subject is the one who asks"),
        ("r.sub == 'root'", "the one who asks is `root`"),
        ("'root' == r.sub", "the one who asks is `root`"),
        ("r.sub != p.sub", "its subject is not the one who asks"),
        ("p.obj == '*'", "its resource is every resource (`*`)"),
        ("p.kind == '*'", "its `kind` is anything (`*`)"),
        ("r.kind == p.kind", "its `kind` is the `kind` in question"),
        ("r.act in ('read', 'list')", "the action in question is `read` or `list`"),
        ("r.act not in ['read', 'list']", "the action in question is none of `read` and `list`"),
        ("r.sub in r.obj.Editors", "the one who asks is among `Editors` of the resource in question"),
        ("r.sub.Age >= 18", "`Age` of the one who asks is at least `18`"),
        ("1 <= r.sub.Level < 3", "`1` is at most `Level` of the one who asks and `Level` of the one who asks is less than `3`"),
        ("r.sub.Admin", "`Admin` of the one who asks is true"),
        ("!r.sub.Blocked", "it is not so that `Blocked` of the one who asks is true"),
        ("!(r.sub == 'x')", "it is not so that the one who asks is `x`"),
        ("r.sub == r.obj.Owner", "the one who asks equals `Owner` of the resource in question"),
        ("r.ctx.resource.owner.id == r.ctx.subject.id", "`owner.id` of the resource equals `id` of the one who asks"),
        ("has(r.ctx.resource.owner)", "`owner` of the resource is known"),
        ("!has(r.ctx.resource.owner)", "`owner` of the resource is not known"),
        ("r.ctx.env.time < 5", "the time of the question is less than `5`"),
        ("ipMatch(r.ctx.env.address, '10.0.0.0/8')", "the address that the question came from is the address in `10.0.0.0/8`, or lies in the network there"),
        ("len(r.ctx.subject.tags) > 2", "the length of `tags` of the one who asks is more than `2`"),
        ("lower(r.ctx.subject.mail) == 'x'", "`mail` of the one who asks in small letters is `x`"),
        ("contains(r.ctx.subject.tags, 'a')", "`tags` of the one who asks holds `a`"),
        ("any_in(r.ctx.subject.tags, ['a'])", "`tags` of the one who asks and [`a`] have an element in common"),
        ("startswith(r.obj, '/a')", "the resource in question begins with `/a`"),
        ("hour(r.ctx.env.time, 'UTC') < 6", "the hour of the time of the question in `UTC` is less than `6`"),
        ("weekday(r.ctx.env.time, 'UTC') == 0", "the day of the week (Monday is 0) of the time of the question in `UTC` is `0`"),
        ("keyMatch(r.obj, 'doc:*')", "the resource in question matches the pattern `doc:*` (keyMatch: a `*` at its end stands for anything)"),
        ("keyMatch2(r.obj, p.obj)", "the resource in question matches the pattern in its resource (keyMatch2: `:name` stands for one part of a path, `/*` for all that is below)"),
        ("keyGet(r.obj, p.obj) == r.sub", "what the `*` of its resource stands for in the resource in question is the one who asks"),
        ("keyGet2(r.obj, p.obj, 'id') == r.sub", "what `id` in its resource stands for in the resource in question is the one who asks"),
        ("keyGet3(r.obj, p.obj, 'id') == r.sub", "what `id` in its resource stands for in the resource in question is the one who asks"),
        ("g(r.sub, p.sub)", "its subject is the one who asks or a role that the one who asks holds"),
        ("g(r.sub, p.sub, r.dom)", "its subject is the one who asks or a role that the one who asks holds in the tenant in question"),
        ("g(r.sub, 'admin')", "the one who asks is `admin` or one who holds the role `admin`"),
        ("g2(r.obj, p.obj)", "its resource is the resource in question or a `g2` role that the resource in question holds"),
        ("g3(r.sub, p.sub)", "its subject is the one who asks or a `g3` role that the one who asks holds at the time of the question"),
        ("(p.sub == '*' || r.sub == p.sub)", "its subject is everyone (`*`) or the one who asks"),
        ("(r.sub == 'a' || r.obj == 'b')", "either the one who asks is `a` or the resource in question is `b`"),
        ("(r.sub == 'a' && r.obj == 'b' || eval(p.when))", "either (the one who asks is `a` and the resource in question is `b`) or its condition (`when`) is true"),
        ("True", "this holds for every rule"),
    ],
)  # fmt: skip
def test_each_part_of_a_matcher_is_a_sentence(part: str, sentence: str) -> None:
    assert Words("", frozenset({"g3"})).sentence(parse(part)) == sentence


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_documented_kind_is_told_without_a_word_of_casbin(case: StockCase) -> None:
    found = meanings(case.imported().files[ACCESS_MODEL].decode())
    assert [one.section for one in found] == [*case.values]
    for meaning in found:
        told = " ".join(chapter(meaning, "A rule applies"))
        assert told
        assert not re.search(r"\b[rp][0-9]?\.[a-z]|&&|\|\||==|\(p\.|eval", told)


@pytest.mark.parametrize(
    ("effect", "columns", "first"),
    [
        pytest.param(ALLOW, "sub, obj, act", "Allowed if a rule applies, else denied. No rule can deny.", id="allow override"),
        pytest.param(BOTH, "sub, obj, act, eft", "Allowed if a rule that allows applies and none that denies does. No rule: denied.", id="allow and deny"),
        pytest.param(DENY, "sub, obj, act, eft", "Allowed unless a rule that denies applies: whatever no rule names is open to everybody.", id="deny override"),
        pytest.param(PRIORITY, "sub, obj, act, eft", "Rules are asked in this order: as in the file.", id="by order"),
        pytest.param(PRIORITY, "priority, sub, obj, act, eft", "Rules are asked in this order: by `priority`, smallest first, then as in the file.", id="explicit"),
        pytest.param(SUBJECT, "sub, obj, act, eft", "Rules are asked in this order: by the level of their subject, lowest first, then as in the file.", id="by subject"),
    ],
)  # fmt: skip
def test_effects_are_told(effect: str, columns: str, first: str) -> None:
    opening = "# doorward: allow-by-default\n" if effect == DENY else ""
    assert first in chapter(main_set(opening + model(ROLES, p=columns, effect=effect, g="_, _")), "From rules")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(MODEL, 'By position: POST /v1/enforce with {"request": ["SUB", "DOM", "OBJ", "ACT", {}]}.', id="AuthZEN too"),
        pytest.param(model("r.who == p.sub", r="who"), "and nothing else: AuthZEN fills the tokens sub, dom, obj, act and ctx, and not who.", id="other names"),
        pytest.param(model("r.sub == r.obj.Owner"), '{"request": [SUB, {...}, ACT]}, and nothing else: the matcher reads r.obj.Owner, ', id="attributes"),
        pytest.param(model("eval(p.sub)"), "the model has conditions and no token ctx, ", id="conditions without ctx"),
    ],
)  # fmt: skip
def test_who_can_ask_is_told(text: str, told: str) -> None:
    assert told in " ".join(chapter(main_set(text), "Who can ask"))


def test_a_second_section_is_asked_by_its_number() -> None:
    second = meanings(CASES["several sections"].model)[1]
    assert chapter(second, "Who can ask") == (
        'POST /v1/enforce with {"request": ["WHO", "WHAT"], "sections": "2"}. AuthZEN asks the main section alone.',
    )


def test_roles_are_told_with_tenants_times_and_patterns() -> None:
    text = model("g(r.sub, p.sub, r.dom) && g2(r.obj, p.obj)", r="sub, dom, obj", g="_, _, _", g2="_, _")
    meaning = main_set(text.replace("g2 = ", "# doorward: match g2 with keyMatch2\ng2 = "))
    assert chapter(meaning, "Roles (g)")[0] == "A row `g, HOLDER, ROLE, TENANT` gives a role."
    assert "HOLDER may be a pattern (keyMatch2): every name that matches it holds ROLE." in chapter(
        meaning, "Roles (g2)"
    )


def test_roles_for_a_time_are_told() -> None:
    text = model("g(r.sub, p.sub, r.dom) && r.dom == p.dom", r="sub, dom", p="sub, dom", g="_, _, _, (_, _)")
    told = chapter(main_set(text), "Roles (g)")
    assert told[0] == "A row `g, HOLDER, ROLE, TENANT, FROM, UNTIL` gives a role."
    assert any("two times in UTC" in one for one in told)


def test_a_part_that_looks_at_no_rule_opens_them_all() -> None:
    told = chapter(main_set(model(f'{SAME} || r.sub == "root"', p="sub, obj, act, eft", effect=BOTH)), "A rule applies")
    assert told == (
        "Whoever asks as `root` is allowed everything, as soon as the policy has a rule that allows and none that denies.",
        "all of these hold:\nits subject is the one who asks\nits resource is the resource in question\nits action is the action in question",
        "the one who asks is `root`",
    )


@pytest.mark.parametrize(
    ("effect", "columns", "wanted"),
    [
        pytest.param(ALLOW, "sub, obj, act", "is allowed everything, as soon as the policy has a rule.", id="allow override"),
        pytest.param(BOTH, "sub, obj, act, eft", "a rule that allows and none that denies.", id="allow and deny"),
        pytest.param(DENY, "sub, obj, act, eft", "as long as the policy has no rule that denies; with one, nothing.", id="deny override"),
        pytest.param(PRIORITY, "sub, obj, act, eft", "is answered by the first of all rules", id="by order"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [("allow",), ("deny",), ("allow", "deny"), ("deny", "allow")])
def test_what_a_superuser_may_is_told_as_it_is(effect: str, columns: str, wanted: str, rows: tuple[str, ...]) -> None:
    opening = "# doorward: allow-by-default\n" if effect == DENY else ""
    text = opening + model(f'{SAME} || r.sub == "root"', p=columns, effect=effect)
    assert wanted in chapter(main_set(text), "A rule applies")[0]
    ends = [f", {one}" if "eft" in columns else "" for one in rows]
    snapshot = tree(text, "".join(f"p, user:{place}, doc:1, read{end}\n" for place, end in enumerate(ends)))
    expected = {ALLOW: True, BOTH: "deny" not in rows, DENY: "deny" not in rows, PRIORITY: rows[0] == "allow"}[effect]
    assert snapshot.enforce(("root", "doc:7", "write"), "", 0.0, "").allowed is expected


ABAC = model(
    "eval(p.rule_text) && r.obj == p.obj && r.workday && r.level >= 3", r="sub, obj, workday, level", p="rule_text, obj"
)


@pytest.mark.parametrize(
    ("row", "sub", "shape"),
    [
        pytest.param("p, r.sub.Age > 18, data1\n", "an object with attributes, which the caller gives", "{...}", id="attributes in a condition"),
        pytest.param("p, r.sub == 'r.sub.Age', data1\n", "any JSON value that the caller gives", "SUB", id="a name in a condition"),
    ],
)  # fmt: skip
def test_what_a_caller_gives_is_told_from_matcher_and_conditions(row: str, sub: str, shape: str) -> None:
    meaning = explained(ABAC, row)
    assert chapter(meaning, "A question") == (
        f"sub: {sub}",
        "obj: a text that the caller gives",
        "workday: `true` or `false`, which the caller gives; a text is an error",
        "level: any JSON value that the caller gives",
    )
    assert f'{{"request": [{shape}, "OBJ", true, LEVEL]}}' in chapter(meaning, "Who can ask")[0]


@pytest.mark.parametrize(
    ("matcher", "rows", "reason"),
    [
        pytest.param(ROLES, "p, alice, data1, read\n", "no rule names a subject or a resource as TYPE:ID", id="bare names"),
        pytest.param(ROLES, "p, user:alice, /api/1, read\n", "no rule names a resource as TYPE:ID", id="bare resources"),
        pytest.param(ROLES, "p, staff, doc:1, read\ng, alice, staff\n", "no rule names a subject as TYPE:ID", id="a bare role"),
        pytest.param(ROLES, "p, staff, doc:1, read\ng, user:alice, team\ng, team, staff\n", None, id="a bare role that a typed name holds"),
        pytest.param(ROLES, "p, user:alice, data1, read\np, bob, doc:1, read\ng, a, b\n", "no rule names a subject together with a resource as TYPE:ID", id="never both"),
        pytest.param(ROLES, "p, alice, data1, read\np, user:bob, doc:1, read\ng, a, b\n", None, id="one of many"),
        pytest.param("g(r.sub, p.sub) && keyMatch2(r.obj, p.obj)", "p, user:alice, /api/:id, read\n", "no rule names a resource as TYPE:ID", id="paths"),
        pytest.param("g(r.sub, p.sub) && globMatch(r.obj, p.obj)", "p, user:alice, /api/*, read\n", "no rule names a resource as TYPE:ID", id="paths that no index holds"),
        pytest.param("g(r.sub, p.sub) && keyMatch(r.obj, p.obj)", "p, user:alice, d*, read\n", None, id="a beginning of a type"),
        pytest.param(f"({ROLES}) || r.sub == 'root'", "p, alice, data1, read\n", "no rule names", id="a bare superuser"),
        pytest.param(f"({ROLES}) || r.sub == 'user:root'", "p, alice, data1, read\n", None, id="a superuser with a type"),
    ],
)  # fmt: skip
def test_rules_that_authzen_never_finds_are_told(matcher: str, rows: str, reason: str | None) -> None:
    rows += "" if "\ng, " in rows else "g, x, y\n"
    told = " ".join(chapter(explained(model(matcher, g="_, _"), rows), "Who can ask"))
    if reason is None:
        assert "never" not in told
    else:
        assert reason in told
        assert "so it is never allowed anything. So ask by position: POST /v1/enforce" in told


def test_a_matcher_that_reads_no_rule_is_told() -> None:
    told = chapter(main_set(model("r.sub == r.obj.Owner")), "A rule applies")
    assert told[0] == "Nothing of a rule is read: while there is any rule at all, the question alone decides."


def test_what_no_index_holds_is_told_with_the_reason() -> None:
    told = chapter(main_set(model("r.sub != p.sub && r.act == p.act")), "Speed")
    assert told[0].startswith("Rules are found by what they compare")
    assert told[-1].startswith("`r.sub != p.sub`: ")
    assert chapter(main_set(model("r.sub != p.sub")), "Speed")[0].startswith("No part narrows the rules down")
