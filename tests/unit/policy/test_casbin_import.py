"""Stock Casbin files to a tree: what is kept, what is changed, what is left out, and what is told."""

import pytest

from doorward.policy.casbin_import import Imported, Quotes, StockFiles, TypesUnclear, Weight, Wishes, import_casbin
from support.stock_files import ALLOW, BOTH, DENY, ROLES, SAME, model
from support.trees import ACCESS_MODEL, ACCESS_RULES

PLAIN = model(SAME)
WITH_EFFECTS = model(SAME, p="sub, obj, act, eft", effect=BOTH)
WITH_ROLES = model(ROLES, g="_, _")
MATCHED = model("r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act")
ROW = "p, alice, data1, read\n"


def made(text: str, rules: str | bytes, **wishes: object) -> Imported:
    content = rules if isinstance(rules, bytes) else rules.encode()
    old = StockFiles(model_path="old.conf", model=text.encode(), rules_path="old.csv", rules=content)
    return import_casbin(old, Wishes(**wishes))


def told(imported: Imported) -> list[tuple[str, str, str]]:
    return [(one.weight.value, one.code, f"{one.path}:{one.line}") for one in imported.findings]


def rules_of(imported: Imported) -> str:
    assert imported.snapshot is not None, imported.findings
    return imported.files[ACCESS_RULES].decode()


def model_of(imported: Imported) -> str:
    assert imported.snapshot is not None, imported.findings
    return imported.files[ACCESS_MODEL].decode()


NO_TYPES = ("note", "names-without-type", "old.csv:0")


def test_comments_order_and_layout_stay() -> None:
    rules = "# people\n\np,  alice ,  data1, read\n  # more\np, bob, data1, read\n"
    imported = made(PLAIN, rules)
    assert rules_of(imported) == rules
    assert model_of(imported) == PLAIN
    assert told(imported) == [NO_TYPES]
    assert not imported.differs


@pytest.mark.parametrize(
    ("text", "rules", "written", "expected"),
    [
        pytest.param(PLAIN, "p, alice, data1, read", ROW, ("tidied", "last-newline", "old.csv:1"), id="no newline at the end"),
        pytest.param(PLAIN, "p, alice, data1, read\r\n", ROW, ("tidied", "line-ends", "old.csv:0"), id="lines of Windows"),
        pytest.param(WITH_ROLES, ROW + "g, alice, admin, acme\n", ROW + "g, alice, admin\n", ("note", "role-row-cut", "old.csv:2"), id="a long role row is cut"),
        pytest.param(MATCHED, "p, alice, a*b, read\n", "p, alice, a*, read\n", ("danger", "cut-pattern", "old.csv:1"), id="a star inside a pattern"),
        pytest.param(PLAIN, ROW + "p, bob, data1, read # now\n", ROW + "p, bob, data1, read # now\n", ("note", "comment-in-field", "old.csv:2"), id="a comment behind a row"),
        pytest.param(model("r.sub == p.sub && keyMatch2(r.obj, p.obj)", p="sub, obj"), "p, alice, /a.b/*\n", "p, alice, /a.b/*\n", ("differs", "path-signs", "old.csv:1"), id="a dot in a path"),
        pytest.param(WITH_ROLES, ROW + "g, /a/:id, admin\n", ROW + "g, /a/:id, admin\n", ("by hand", "pattern-roles", "old.csv:2"), id="holders that look like patterns"),
        pytest.param(model("g(r.sub, p.sub, r.dom) && r.dom == p.dom", r="sub, dom", p="sub, dom", g="_, _, _"), "p, admin, acme\ng, alice, admin, *\n", "p, admin, acme\ng, alice, admin, *\n", ("differs", "any-tenant", "old.csv:2"), id="a role in every tenant"),
        pytest.param(model("r.sub == p.sub && eval(p.when)", r="sub, ctx", p="sub, when"), 'p, alice, r.ctx.resource.a == "x"\n', "p, alice, r.ctx.resource.a == 'x'\n", NO_TYPES, id="double quotes in a condition"),
        pytest.param(model("r.sub == p.sub && eval(p.when)", r="sub, ctx", p="sub, when"), "p, alice, r.ctx.resource.a == 'x!'\n", "p, alice, r.ctx.resource.a == 'x!'\n", ("differs", "string-literal", "old.csv:1"), id="an exclamation mark in a string"),
        pytest.param(model("r.sub == p.sub && eval(p.when)", r="sub, ctx", p="sub, when"), "p, alice, r.ctx.resource.a||!r.ctx.resource.b&&r.ctx.resource.c != 'x&&y'\n", "p, alice, r.ctx.resource.a || !r.ctx.resource.b && r.ctx.resource.c != 'x&&y'\n", ("tidied", "spelling", "old.csv:1"), id="signs without spaces in a condition"),
    ],
)  # fmt: skip
def test_rows_that_are_kept(text: str, rules: str, written: str, expected: tuple[str, str, str]) -> None:
    imported = made(text, rules)
    assert rules_of(imported) == written
    assert expected in told(imported)


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        pytest.param(PLAIN, "pp, alice, data1, read", ("left out", "unknown-type"), id="a row of an unknown type"),
        pytest.param(PLAIN, "g, alice, admin", ("left out", "unknown-type"), id="a role row in a model without roles"),
        pytest.param(WITH_ROLES, "g, alice, alice", ("left out", "own-role"), id="a role that is given to itself"),
    ],
)
def test_rows_that_mean_nothing_are_left_out(text: str, row: str, expected: tuple[str, str]) -> None:
    imported = made(text, ROW + row + "\n")
    assert rules_of(imported) == f"{ROW}# left out ({expected[1]}): {row}\n"
    assert (*expected, "old.csv:2") in told(imported)
    assert imported.differs


def test_a_row_that_stands_there_already_is_form_alone() -> None:
    imported = made(PLAIN, ROW + ROW)
    assert rules_of(imported) == f"{ROW}# duplicate: {ROW}"
    assert ("tidied", "duplicate", "old.csv:2") in told(imported)
    assert not imported.differs


def test_every_dot_in_a_path_is_told_and_those_that_deny_are_a_danger() -> None:
    text = model("r.sub == p.sub && keyMatch2(r.obj, p.obj)", p="sub, obj, eft", effect=BOTH)
    rules = "p, alice, /a.b/*, allow\np, alice, /a.c/*, deny\np, bob, /a/b, allow\np, bob, /a.d, allow\np, bob, /a.d, allow\n"
    imported = made(text, rules)
    assert [one for one in told(imported) if one[1] == "path-signs"] == [
        ("differs", "path-signs", "old.csv:1"),
        ("danger", "path-signs", "old.csv:2"),
        ("differs", "path-signs", "old.csv:4"),
    ]


@pytest.mark.parametrize(
    ("text", "row", "weight"),
    [
        pytest.param(WITH_EFFECTS, "p, bob, *, read, deny", "danger", id="a row that denied"),
        pytest.param(WITH_EFFECTS, "p, bob, data1, read", "danger", id="a row without an effect"),
        pytest.param(WITH_EFFECTS, "p, bob, *, read, allow", "left out", id="a row that allowed"),
        pytest.param(PLAIN, "p, bob, *, read", "left out", id="a row where none denies"),
        pytest.param(model(ROLES, p="sub, obj, act, eft", effect=BOTH, g="_, _"), "g, alice", "danger", id="a role that may be denied something"),
        pytest.param(WITH_ROLES, "g, alice", "left out", id="a role where none denies"),
    ],
)  # fmt: skip
def test_a_row_that_was_left_out_is_a_danger_where_it_may_have_denied(text: str, row: str, weight: str) -> None:
    first = "p, alice, data1, read" + (", allow" if "eft\n" in text else "")
    roles = "g, bob, admin\n" if "g = " in text else ""
    imported = made(text, f"{first}\n{row}\n{roles}", keep_going=True)
    assert [one.weight.value for one in imported.findings if one.line == 2] == [weight]
    assert imported.differs


def test_types_are_named_only_where_they_can_be_given() -> None:
    def advice(text: str, rules: str, **wishes: object) -> list[str]:
        return [one.do for one in made(text, rules, **wishes).findings if one.code == "names-without-type"]

    both = "for AuthZEN, which asks `user:alice`, import with --subject-type user --resource-type doc"
    assert advice(PLAIN, ROW) == [both]
    assert advice(PLAIN, ROW, types={"sub": "person"}) == [both.replace("user -", "person -")]
    assert advice(model("r.sub == p.sub && keyMatch2(r.obj, p.obj)"), "p, alice, /a, read\n") == [""]


@pytest.mark.parametrize("types", [{}, {"sub": "user"}, {"sub": "user", "obj": "doc"}])
def test_a_tree_that_never_allows_authzen_anything_is_asked_by_position(types: dict[str, str]) -> None:
    assert made(PLAIN, ROW, types=types).by_position is (len(types) < 2)


@pytest.mark.parametrize("effect", ["Deny", "dney", "DENY", "permit", ""])
def test_a_misspelt_effect_is_never_guessed(effect: str) -> None:
    imported = made(WITH_EFFECTS, f"p, alice, data1, read, allow\np, bob, data1, read, {effect}\n")
    assert f"# left out (misspelt-effect): p, bob, data1, read, {effect}".strip() in rules_of(imported)
    assert ("left out", "misspelt-effect", "old.csv:2") in told(imported)
    assert imported.rules == 1


def test_deny_rows_that_nothing_looks_at_are_left_out() -> None:
    imported = made(model(SAME, p="sub, obj, act, eft"), "p, a, b, c, allow\np, a, b, c, deny\n")
    assert rules_of(imported).splitlines()[1] == "# left out (deny-unread): p, a, b, c, deny"


def test_a_byte_order_mark_keeps_the_first_row_out_as_it_did() -> None:
    imported = made(PLAIN, b"\xef\xbb\xbf" + ROW.encode() + b"p, bob, data1, read\n")
    assert rules_of(imported) == f"# left out (byte-order-mark): {ROW}p, bob, data1, read\n"
    assert ("differs", "byte-order-mark", "old.csv:1") in told(imported)


@pytest.mark.parametrize(
    ("text", "rules", "code", "place"),
    [
        pytest.param(PLAIN, "p, alice, data1\n", "number-of-fields", "old.csv:1", id="a short row"),
        pytest.param(PLAIN, "p, alice, data1, read, allow\n", "number-of-fields", "old.csv:1", id="a long row"),
        pytest.param(WITH_ROLES, ROW + "g, alice\n", "number-of-fields", "old.csv:2", id="a short role row"),
        pytest.param(PLAIN, ", alice\n", "no-type", "old.csv:1", id="a row without a type"),
        pytest.param(PLAIN, "p, alice), data1, read\n", "unreadable", "old.csv:1", id="a bracket that closes nothing"),
        pytest.param(PLAIN, 'p, "alice", data1, read\n', "quotes", "old.csv:1", id="quotes around a name"),
        pytest.param(PLAIN, 'p, alice, {"id": 1}, read\n', "quotes", "old.csv:1", id="JSON in a field"),
        pytest.param(PLAIN, "p, alice, , read\n", "does-not-load", "old.csv:1", id="an empty field"),
        pytest.param(
            PLAIN, ROW + "# x\np, bob, *, read\n", "does-not-load", "old.csv:3", id="a star where names are compared"
        ),
        pytest.param(WITH_ROLES, ROW + "g, a, b\ng, b, a\n", "does-not-load", "old.csv:2", id="roles in a circle"),
        pytest.param(PLAIN, "", "does-not-load", "old.csv:0", id="no rules"),
        pytest.param(PLAIN, b"p, \xff, b, c\n", "not-utf-8", "old.csv:1", id="not UTF-8"),
    ],
)
def test_rows_that_do_not_load_are_told_with_their_place(text: str, rules: str | bytes, code: str, place: str) -> None:
    imported = made(text, rules)
    assert imported.snapshot is None
    assert imported.files == {}
    assert ("error", code, place) in told(imported)


def test_what_does_not_load_may_be_left_out() -> None:
    rules = ROW + "p, bob, data1\np, bob, *, read\np, carol, data2, read\n"
    imported = made(PLAIN, rules, keep_going=True)
    first, short, star, last = rules_of(imported).splitlines()
    assert (first, last) == ("p, alice, data1, read", "p, carol, data2, read")
    assert short == "# left out (number-of-fields): p, bob, data1"
    assert star == "# left out (does-not-load): p, bob, *, read"
    assert [one for one in told(imported) if one[0] != "note"] == [
        ("left out", "number-of-fields", "old.csv:2"),
        ("left out", "does-not-load", "old.csv:3"),
    ]
    assert imported.rules == 2


def test_quotes_of_go_and_node_are_taken_off() -> None:
    rules = 'p, "alice", data1, "read"\np, bob, "in(a, b)", read\n'
    assert rules_of(made(PLAIN, rules, quotes=Quotes.CSV)) == "p, alice, data1, read\np, bob, in(a, b), read\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param('p, "a, b", data1, read', "comma", id="a comma that no bracket holds"),
        pytest.param('p, "alice, data1, read', "unreadable", id="a quote that is never closed"),
        pytest.param('p, "a ""b""", data1, read', "quotes", id="a quote that is meant"),
        pytest.param("p, ('a','b'), data1, read", "number-of-fields", id="brackets hold nothing together"),
    ],
)
def test_quotes_of_go_and_node_that_cannot_be_taken_off(row: str, code: str) -> None:
    assert ("error", code, "old.csv:1") in told(made(PLAIN, row + "\n", quotes=Quotes.CSV))


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        pytest.param(model(f"{SAME} # all of it"), "# all of it\nm = r.sub", NO_TYPES, id="a comment behind a matcher"),
        pytest.param(model("r.sub == p.sub && \\\nr.obj == p.obj"), "m = r.sub == p.sub && \\\nr.obj", NO_TYPES, id="a matcher of two lines"),
        pytest.param(PLAIN + "[constraint_definition]\nc = x\n", "# [constraint_definition]\n# c = x\n", ("left out", "unread-section", "old.conf:13"), id="an unknown section"),
        pytest.param(PLAIN + "m = r.sub == 'x'\n", "# m = r.sub == p.sub", ("left out", "defined-twice", "old.conf:11"), id="a matcher that is defined again"),
        pytest.param(PLAIN.replace("[matchers]", "p3 = x\n[matchers]"), "# p3 = x", ("left out", "unread-definition", "old.conf:10"), id="a definition out of place"),
        pytest.param(model(SAME, e2=DENY), f"# e2 = {DENY}", ("differs", "another-effect", "old.conf:9"), id="an effect that only Go reads"),
        pytest.param(model(SAME, effect=BOTH), f"e = {ALLOW}\n", ("note", "effect-simplified", "old.conf:8"), id="denials that no rule can say"),
        pytest.param(model("r.sub == 'p.x' || r.sub == p.sub"), "'p.x'", ("differs", "string-literal", "old.conf:11"), id="a string that stock Casbin rewrites"),
    ],
)  # fmt: skip
def test_models_that_are_changed(text: str, wanted: str, expected: tuple[str, str, str]) -> None:
    imported = made(text, "p, alice, data1, read\n")
    assert wanted in model_of(imported)
    assert expected in told(imported)


def test_an_effect_that_allows_by_default_is_written_down_and_told() -> None:
    imported = made(model(SAME, p="sub, obj, act, eft", effect=DENY), "p, alice, data1, read, deny\n")
    assert model_of(imported).startswith("# doorward: allow-by-default\n[request_definition]\n")
    assert ("danger", "allow-by-default", "old.conf:8") in told(imported)


@pytest.mark.parametrize(
    ("text", "code", "place", "advice"),
    [
        pytest.param(model("isOwner(r.sub, r.obj) && r.act == p.act"), "custom-function", "old.conf:11", "`r = sub, obj, act, isOwner`, with `r.isOwner` in place", id="a custom function"),
        pytest.param(model("isOwner(r.sub, r.obj)", r="sub, obj, ctx"), "custom-function", "old.conf:11", "write `r.ctx.context.isOwner`", id="a custom function where there is ctx"),
        pytest.param(model("key_match2(r.obj, p.obj)"), "custom-function", "old.conf:11", "write keyMatch2(...)", id="a function's name in Python"),
        pytest.param(model("timeMatch(p.sub, p.obj)"), "custom-function", "old.conf:11", "(_, _)", id="timeMatch in a matcher"),
        pytest.param(model("r.sub.startswith('a')"), "custom-function", "old.conf:11", "startswith(text, part)", id="a method"),
        pytest.param(model("r.sub == "), "matcher", "old.conf:11", "", id="no expression"),
        pytest.param(model(SAME, effect=DENY), "allows-everything", "old.conf:8", ALLOW, id="an effect that allows everything"),
        pytest.param(model(SAME, m2="r.sub == p.sub"), "incomplete-set", "old.conf:12", "r2, p2", id="a set without tokens and columns"),
        pytest.param(PLAIN.replace("[policy_effect]", "nothing\n[policy_effect]"), "no-definition", "old.conf:7", "", id="a line that defines nothing"),
        pytest.param(PLAIN.replace(ALLOW, "everybody"), "does-not-load", "old.conf:8", "", id="an effect that nobody knows"),
        pytest.param(PLAIN.replace("m = ", "x = "), "does-not-load", "old.conf:0", "", id="no matcher"),
    ],
)  # fmt: skip
def test_models_that_do_not_load(text: str, code: str, place: str, advice: str) -> None:
    imported = made(text, ROW)
    assert imported.snapshot is None
    assert ("error", code, place) in told(imported)
    assert advice in next(one.do for one in imported.findings if one.code == code)


def test_each_fault_of_a_model_is_told_once() -> None:
    imported = made(model("isOwner(r.sub, r.obj)"), ROW)
    assert [one.code for one in imported.findings if one.weight is Weight.ERROR] == ["custom-function"]


def test_lines_that_the_import_adds_do_not_move_the_places_of_faults() -> None:
    text = "# first\n" + model(SAME, p="sub, obj, act, eft", effect=DENY).replace("r.act ==", "r.what ==")
    assert ("error", "does-not-load", "old.conf:12") in told(made(text, "p, a, b, c, deny\n"))


@pytest.mark.parametrize(
    "model_text", [WITH_ROLES.replace("g = _, _", "# doorward: match g with keyMatch2\ng = _, _"), WITH_ROLES]
)
def test_the_matching_function_of_a_program_is_written_into_the_model_once(model_text: str) -> None:
    imported = made(model_text, ROW + "g, /a/:id, admin\n", matches={"g": "keyMatch2"})
    assert model_of(imported).count("# doorward: match g with keyMatch2\ng = _, _\n") == 1
    assert not imported.differs


def test_a_dot_in_a_pattern_that_holds_a_role_is_told() -> None:
    rules = ROW + "g, /a.b/:id, admin\ng, /a/:id, admin\n"
    assert ("differs", "path-signs", "old.csv:2") in told(made(WITH_ROLES, rules, matches={"g": "keyMatch2"}))
    assert not made(WITH_ROLES, rules, matches={"g": "globMatch"}).differs


def test_a_matching_function_for_roles_that_are_not_there_is_told() -> None:
    assert ("error", "match", "old.conf:0") in told(made(PLAIN, ROW, matches={"g2": "keyMatch"}))


def test_types_are_given_in_rules_roles_and_matcher() -> None:
    text = model(f"{ROLES} || r.sub in ('root', 'admin')", g="_, _")
    rules = "p, admin, data1, read\np, bob, doc:data2, read\ng, alice, admin\ng, admin, staff\n"
    imported = made(text, rules, types={"sub": "user", "obj": "doc"})
    assert rules_of(imported) == (
        "p, role:admin, doc:data1, read\np, user:bob, doc:data2, read\ng, user:alice, role:admin\ng, role:admin, role:staff\n"
    )
    assert "r.sub in ('user:root', 'role:admin')" in model_of(imported)
    assert told(imported) == [("note", "no-role", "old.csv:0")]
    assert "bob, root" in imported.findings[0].what
    assert not imported.by_position


def test_patterns_are_given_types_and_stars_are_not() -> None:
    text = model('(p.sub == "*" || r.sub == p.sub) && keyMatch(r.obj, p.obj) && r.act == p.act')
    imported = made(text, "p, *, data*, read\np, alice, *, read\n", types={"sub": "user", "obj": "doc"})
    assert rules_of(imported) == "p, *, doc:data*, read\np, user:alice, *, read\n"


@pytest.mark.parametrize(
    ("text", "token", "reason"),
    [
        pytest.param(model("r.sub == p.sub && keyMatch2(r.obj, p.obj)"), "obj", "keyMatch2(r.obj, p.obj)", id="paths"),
        pytest.param(model("regexMatch(r.sub, p.sub)"), "sub", "regexMatch(r.sub, p.sub)", id="regular expressions"),
        pytest.param(model("r.sub == r.obj.Owner"), "sub", "`r.sub == r.obj.Owner`", id="attributes"),
        pytest.param(model("r.who == p.sub && r.obj == p.obj", r="who, obj"), "obj", "and not who", id="other tokens"),
        pytest.param(model("r.act == p.act", r="act"), "sub", "no token `sub`", id="no such token"),
        pytest.param(model("r.sub == p.sub && r.sub == r.obj"), "sub", "r.sub == r.obj", id="two tokens that are compared"),
        pytest.param(model("eval(p.sub) && r.obj == p.obj"), "obj", "no token ctx", id="conditions without ctx"),
    ],
)  # fmt: skip
def test_types_are_refused_where_they_would_change_the_meaning(text: str, token: str, reason: str) -> None:
    with pytest.raises(TypesUnclear) as error:
        made(text, "p, True, data1, read\n", types={token: "thing"})
    assert reason in str(error.value)
    assert error.value.tokens == (token,)


def test_time_windows_are_told_to_be_in_utc() -> None:
    imported = made(model(ROLES, g="_, _, (_, _)"), ROW + "g, alice, admin, _, _\n")
    assert ("differs", "time-windows", "old.conf:8") in told(imported)


def test_other_files_of_the_tree_take_part_in_loading() -> None:
    old = StockFiles(model_path="m", model=PLAIN.encode(), rules_path="p", rules=ROW.encode())
    broken = import_casbin(old, Wishes(), {"policies/directory.yaml": b"tenants: 7\n"})
    assert broken.snapshot is None
    assert [one.path for one in broken.findings if one.weight is Weight.ERROR] == ["policies/directory.yaml"]


def test_long_files_let_others_run_meanwhile() -> None:
    calls = []
    rules = "".join(f"p, alice, data{number}, read\n" for number in range(5_000))
    old = StockFiles(model_path="m", model=PLAIN.encode(), rules_path="p", rules=rules.encode())
    assert import_casbin(old, Wishes(), pace=lambda: calls.append(1)).rules == 5_000
    assert len(calls) >= 4


@pytest.mark.parametrize(
    ("matcher", "written"),
    [
        pytest.param(
            "r.sub==p.sub&&r.obj!='a&&b'||r.sub=='root'",
            "r.sub==p.sub && r.obj!='a&&b'|| r.sub=='root'",
            id="signs without spaces",
        ),
        pytest.param("(r.sub == p.sub)&&(r.obj == p.obj)", None, id="signs between brackets need no spaces"),
        pytest.param("r.sub == p.sub &&!(r.obj == p.obj)", "r.sub == p.sub && !(r.obj == p.obj)", id="not behind and"),
        pytest.param("r.sub == p.sub and!(r.obj == 'x')", "r.sub == p.sub and !(r.obj == 'x')", id="not behind a word"),
        pytest.param("r.sub == p.sub && eval ( p.act )", "r.sub == p.sub && eval(p.act)", id="spaces inside eval"),
        pytest.param("r.sub == p.sub && r.obj == 'eval( p.act )'", None, id="eval in a string"),
    ],
)
def test_a_matcher_is_spelled_so_that_pycasbin_can_read_it(matcher: str, written: str | None) -> None:
    imported = made(model(matcher), "p, alice, data1, True\n")
    assert f"m = {written or matcher}\n" in model_of(imported)
    assert any(one[:2] == ("tidied", "spelling") for one in told(imported)) is (written is not None)
