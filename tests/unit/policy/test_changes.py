"""A policy that changed in a few lines answers, explains, lists and fails as one that is loaded whole."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.access import Decision, Question
from doorward.domain.errors import PolicyInvalid
from doorward.engine.index.building import HANDFUL
from doorward.engine.index.tree import Level, Node, rules_below
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.policy.changes import MAX_LINES, change_snapshot, find_change
from support.trees import ACCESS_RULES, MODEL, tree

PLAIN_MODEL: Final = """\
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
SUBJECTS: Final = ("*", "role:a", "role:b", "user:u", "user:v")
DOMAINS: Final = ("*", "acme", "globex")
OBJECTS: Final = ("*", "doc:*", "doc:a/*", "doc:a/b*", "doc:a/b", "doc:c", "img:1")
ACTIONS: Final = ("*", "read", "write")
CONDITIONS: Final = ("True", "r.ctx.resource.owner == 'me'", "r.ctx.subject.level > 2")
ROLES: Final = ("g, user:u, role:a, *", "g, user:v, role:b, acme", "g, role:a, role:b, globex")
FAULTY: Final = (
    "p, short",
    "x, a, b",
    "p, n1, *, *, doc:*, read, True, perhaps",
    'p, quoted, "*", *, *, *, True, allow',
    "p, open, *, *, doc:*, read, len(r.ctx.resource.name > 1, allow",
    "p, bad, *, *, doc:*, read, nonsense, allow",
    "p, star, *, *, doc:*x, read, True, deny",
    "p, empty, , *, doc:*, read, True, allow",
    "p, control, *, *, doc:\x07, read, True, allow",
    "g, user:u",
    "g, role:b, role:a, *",
)
NO_DECISION: Final = Decision(False)
QUESTIONS: Final = [
    Question(
        sub=sub,
        dom=dom,
        obj=obj,
        act=act,
        stored=({"level": 3} if dom == "acme" else {}, {"owner": "me"} if act == "read" else {}),
    )
    for sub in ("user:u", "user:v", "user:w")
    for dom in ("acme", "globex")
    for obj in ("doc:a/b", "doc:a/bc", "doc:c", "img:1")
    for act in ("read", "write")
]


def rules() -> st.SearchStrategy[str]:
    names = st.integers(1, 60).map(lambda number: f"n{number}")
    fields = (names, *map(st.sampled_from, (SUBJECTS, DOMAINS, OBJECTS, ACTIONS, CONDITIONS)))
    effects = st.sampled_from(("allow", "allow", "deny"))
    return st.tuples(*fields, effects).map(lambda found: "p, " + ", ".join(found))


def plain_lines() -> st.SearchStrategy[str]:
    return st.one_of(rules(), rules(), rules(), rules(), st.sampled_from(("", "# a remark", "   ")))


def edited_lines() -> st.SearchStrategy[str]:
    return st.one_of(*[plain_lines()] * 8, st.sampled_from(FAULTY), st.sampled_from(ROLES))


def named_apart(lines: Sequence[str]) -> list[str]:
    """Every rule with a name of its own."""
    return [
        line.replace(line.split(",")[1], f" r{at}", 1) if line[:2] == "p," else line for at, line in enumerate(lines)
    ]


Edit = tuple[float, int, list[str], bool]


def edits() -> st.SearchStrategy[list[Edit]]:
    where = st.one_of(st.floats(0, 1), st.sampled_from((0.0, 1.0)))
    one = st.tuples(where, st.integers(0, 4), st.lists(edited_lines(), max_size=4), st.booleans())
    return st.lists(one, min_size=1, max_size=6)


def edited(lines: list[str], edit: Edit) -> list[str]:
    """Some lines replaced by others; mostly with names that no other has."""
    where, taken, given_lines, apart = edit
    at = round(where * len(lines))
    come = list(given_lines)
    if apart:
        used = {line.split(",")[1] for line in lines if line[:2] == "p,"}
        free = (f" f{number}" for number in range(len(used) + 10) if f" f{number}" not in used)
        come = [
            line.replace(line.split(",")[1], next(free), 1) if line[:2] == "p," and line not in FAULTY else line
            for line in come
        ]
    return [*lines[:at], *come, *lines[at + taken :]]


def outcome(files: dict[str, bytes], previous: Snapshot | None) -> Snapshot | list[str]:
    try:
        return load_snapshot(Tree(files), previous=previous)
    except PolicyInvalid as error:
        return list(map(str, error.problems))


def told(decision: Decision) -> tuple[object, ...]:
    return decision.allowed, decision.rule, decision.absent, decision.error


def everything(snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot says about all there is to ask."""
    return {
        "list": snapshot.describe(),
        "count": snapshot.rule_count,
        "decisions": [told(snapshot.decide(question)) for question in QUESTIONS],
        "explanations": [
            (told(found.decision), dataclasses.replace(found, decision=NO_DECISION))
            for found in map(snapshot.explain, QUESTIONS[::3])
        ],
        "roles": [snapshot.knows_role(name) for name in (*SUBJECTS, "role:z")],
        "tenants": snapshot.tenants,
    }


def assert_alike(changed: Snapshot | list[str], whole: Snapshot | list[str]) -> None:
    if isinstance(changed, Snapshot) and isinstance(whole, Snapshot):
        assert everything(changed) == everything(whole)
    else:
        assert changed == whole


def bases() -> st.SearchStrategy[list[str]]:
    """Few lines, and enough of them for levels below levels."""
    return st.one_of(st.lists(plain_lines(), max_size=12), st.lists(plain_lines(), min_size=30, max_size=80))


@given(base=bases(), changes=edits())
@settings(max_examples=round(3_000 * SCALE))
def test_changed_policy_is_the_same_as_one_loaded_whole(base: list[str], changes: list[Edit]) -> None:
    lines = [*named_apart(base), "p, last, *, *, doc:*, read, True, deny", *ROLES]
    served = load_snapshot(Tree(tree("\n".join(lines) + "\n")))
    before = everything(served)
    for edit in changes:
        lines_then = edited(lines, edit)
        files = tree("\n".join(lines_then) + "\n")
        changed = outcome(files, served)
        assert_alike(changed, outcome(files, None))
        assert everything(served) == before
        if isinstance(changed, Snapshot):
            served, lines, before = changed, lines_then, everything(changed)


def row(name: str, obj: str = "doc:c", effect: str = "allow", sub: str = "role:a", dom: str = "*") -> str:
    return f"p, {name}, {sub}, {dom}, {obj}, read, True, {effect}"


BASE: Final = [*(row(f"b{number}", f"doc:{number % 9}") for number in range(40)), "g, user:u, role:a, *"]
BASE[5] = row("b5", "doc:5", sub="role:z", dom="initech")
MANY: Final = [row(f"m{number}", f"img:{number}") for number in range(MAX_LINES)]


@pytest.mark.parametrize(
    ("lines", "is_small"),
    [
        pytest.param([row("new"), *BASE], True, id="a line before the first"),
        pytest.param(BASE[1:], True, id="without the first line"),
        pytest.param([*BASE, row("new")], True, id="a line after the last"),
        pytest.param(BASE[:-1], True, id="without the last line, a role row"),
        pytest.param([*BASE[:20], *BASE[21:]], True, id="without a line in the middle"),
        pytest.param([*BASE[:20], row("new"), *BASE[20:]], True, id="a line in the middle"),
        pytest.param([*BASE[:20], "", "# remark", *BASE[20:]], True, id="a blank line and a remark"),
        pytest.param([*BASE[:20], row("b20", effect="deny"), *BASE[21:]], True, id="another effect"),
        pytest.param([*BASE[:20], row("new", "*"), *BASE[20:]], True, id="the first `*`"),
        pytest.param([*BASE[:20], row("new", "doc:*"), *BASE[20:]], True, id="the first prefix"),
        pytest.param([*BASE[:20], row("new", dom="hooli", sub="role:b"), *BASE[20:]], True, id="new names"),
        pytest.param([*BASE[:5], *BASE[6:]], True, id="names that nothing says any more"),
        pytest.param([*BASE[:20], "g, user:v, role:a, *", *BASE[20:]], True, id="a role row"),
        pytest.param(BASE[-1:], True, id="no rule left"),
        pytest.param([row("one"), BASE[-1]], True, id="all rules replaced by one"),
        pytest.param([*BASE[:20], row("b30"), *BASE[20:]], True, id="a name that stands below"),
        pytest.param([*BASE[:20], row("b3"), *BASE[20:]], True, id="a name that stands above"),
        pytest.param([*BASE[:20], row("new"), row("new"), *BASE[20:]], True, id="a name twice in the change"),
        pytest.param([*BASE[:20], row("b21"), row("b20"), *BASE[22:]], True, id="two names exchanged"),
        pytest.param([*BASE[:20], BASE[20], *BASE[20:]], True, id="a line doubled"),
        pytest.param([*BASE[:20], "p, a, b", *BASE[20:]], True, id="too few fields"),
        pytest.param([*BASE[:20], *["p, a"] * 150, *BASE[20:]], True, id="more faults than are shown"),
        pytest.param([*BASE[:20], *MANY, *BASE[20:]], True, id="as many lines as may be"),
        pytest.param([*BASE[:20], *MANY, row("new"), *BASE[20:]], False, id="one line more"),
        pytest.param([*BASE[:20], "\ufeff" + row("new"), *BASE[20:]], True, id="a byte order mark within"),
        pytest.param(["\ufeff" + BASE[0], *BASE[1:]], False, id="a byte order mark at the beginning"),
        pytest.param([*BASE[:20], row("\u00fc"), *BASE[20:]], True, id="a letter of two bytes"),
    ],
)  # fmt: skip
def test_small_changes_are_made_and_others_loaded(lines: list[str], is_small: bool) -> None:
    served = load_snapshot(Tree(tree("\n".join(BASE) + "\n")))
    files = tree("\n".join(lines) + "\n")
    try:
        changed: Snapshot | list[str] | None = change_snapshot(served, Tree(files), lambda: None)
    except PolicyInvalid as error:
        changed = list(map(str, error.problems))
    whole = outcome(files, None)
    assert (changed is not None) == is_small
    if changed is not None:
        assert_alike(changed, whole)
    else:
        assert_alike(outcome(files, served), whole)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\n".join(BASE).encode(), id="no newline at the end"),
        pytest.param(("\n".join([*BASE[:5], row("\u00fc"), *BASE[5:]]) + "\n").encode("latin-1"), id="not UTF-8"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="a blank line"),
    ],
)
def test_files_that_are_no_text_are_told_as_by_a_whole_load(content: bytes) -> None:
    served = load_snapshot(Tree(tree("\n".join(BASE) + "\n")))
    files = {**tree(), ACCESS_RULES: content}
    assert outcome(files, served) == outcome(files, None)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(tree("\n".join(BASE) + "\n", model=MODEL + "\n# more"), id="model"),
        pytest.param(tree("\n".join(BASE) + "\n", directory="tenants: [acme]\n"), id="one file more"),
    ],
)
def test_another_file_that_changed_needs_a_whole_load(files: dict[str, bytes]) -> None:
    served = load_snapshot(Tree(tree("\n".join(BASE) + "\n")))
    assert change_snapshot(served, Tree(files), lambda: None) is None


def below(snapshot: Snapshot, value: str) -> Node:
    index = snapshot.evaluator.index
    assert isinstance(index, Level)
    return index.exact[value]


@pytest.mark.parametrize("lines", [BASE, [*BASE, row("new")]], ids=["no rule changed", "a rule changed"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({}, {"policies/tests/a.yaml": b"tests: []\n"}, id="a test file is added"),
        pytest.param({"policies/tests/a.yaml": b"tests: []\n"}, {}, id="a test file is removed"),
        pytest.param({"policies/tests/a.yaml": b"a"}, {"policies/tests/a.yaml": b"b"}, id="a test file changes"),
    ],
)
def test_changed_tests_need_no_whole_load(old: dict[str, bytes], new: dict[str, bytes], lines: list[str]) -> None:
    served = load_snapshot(Tree(tree("\n".join(BASE) + "\n") | old))
    files = Tree(tree("\n".join(lines) + "\n") | new)
    changed = change_snapshot(served, files, lambda: None)
    assert changed is not None
    assert changed.revision == files.revision != served.revision
    assert dict(changed.tree.files) == dict(files.files)
    assert_alike(changed, load_snapshot(files))


def test_only_the_touched_bucket_is_made_anew() -> None:
    served = load_snapshot(Tree(tree("\n".join(BASE) + "\n")))
    changed = load_snapshot(
        Tree(tree("\n".join([*BASE[:20], row("new", "doc:3"), *BASE[20:]]) + "\n")), previous=served
    )
    assert below(changed, "doc:3") is not below(served, "doc:3")
    assert all(below(changed, f"doc:{number}") is below(served, f"doc:{number}") for number in (0, 1, 2, 4, 5))
    assert changed.evaluator.roles is served.evaluator.roles


def test_place_that_is_full_is_loaded_whole_and_has_room_again() -> None:
    lines, is_small = list(BASE), []
    served = load_snapshot(Tree(tree("\n".join(lines) + "\n")))
    for number in range(40):
        lines.insert(10, row(f"new{number}"))
        changed_tree = Tree(tree("\n".join(lines) + "\n"))
        is_small.append(change_snapshot(served, changed_tree, lambda: None) is not None)
        served = load_snapshot(changed_tree, previous=served)
        assert_alike(served, load_snapshot(changed_tree))
    assert is_small.count(False) == 1


def test_priorities_that_order_nothing_are_held_against_all_others() -> None:
    text = PLAIN_MODEL.replace("p = sub", "p = priority, sub")
    before = load_snapshot(Tree(tree("p, 1, a, b, c\n", text)))
    words = Tree(tree("p, 1, a, b, c\np, low, a, b, d\n", text))
    assert change_snapshot(before, words, lambda: None) is None
    with pytest.raises(PolicyInvalid, match=r"access\.csv:2: the effect orders nothing"):
        load_snapshot(words)


def test_rules_without_names_are_told_by_their_lines() -> None:
    lines = [f"p, role:a, doc:{number % 7}, read" for number in range(50)] + ["g, user:u, role:a"]
    served = load_snapshot(Tree(tree("\n".join(lines) + "\n", PLAIN_MODEL)))
    question = Question(sub="user:u", dom="-", obj="doc:6", act="read")
    lines[3:3] = ["# moved", "p, role:a, doc:9, read", ""]
    files = tree("\n".join(lines) + "\n", PLAIN_MODEL)
    changed = load_snapshot(Tree(files), previous=served)
    assert served.decide(question).rule == "policies/access.csv:7"
    assert changed.decide(question).rule == "policies/access.csv:10"
    assert changed.describe() == load_snapshot(Tree(files)).describe()


@given(
    st.lists(st.sampled_from(("a", "b", "ab", "\u00fc", "")), max_size=12),
    st.lists(st.sampled_from(("a", "b", "ab", "\u00fc", "")), max_size=12),
)
def test_change_is_what_differs(old: list[str], new: list[str]) -> None:
    before, after = ("".join(line + "\n" for line in lines) for lines in (old, new))
    change = find_change(before.encode(), after.encode())
    assert change is not None
    lines = before.split("\n")
    kept = "".join(line + "\n" for line in lines[: change.line - 1])
    assert before.startswith(kept + change.old)
    assert kept + change.new + before[len(kept + change.old) :] == after


def test_change_in_a_large_file_is_found_between_chunks() -> None:
    lines = [f"line {number}" for number in range(50_000)]
    before = "\n".join(lines) + "\n"
    for at in (0, 1, 4_681, 20_000, 49_999):
        after = [*lines[:at], "another", *lines[at + 1 :]]
        assert find_change(before.encode(), ("\n".join(after) + "\n").encode()) == (
            at + 1,
            lines[at] + "\n",
            "another\n",
        )


def test_roles_that_were_asked_for_before_a_change_are_asked_for_anew_after_it() -> None:
    rules = "p, managers-read, role:manager, *, doc:*, read, True, allow\np, owners-write, role:owner, *, doc:*, write, True, allow\n"
    rows = ["g, user:u, role:clerk, *", "g, user:v, role:clerk, acme", "g, role:clerk, role:manager, *"]
    before = load_snapshot(Tree(tree(rules + "\n".join(rows) + "\n")))
    asked = [Question(sub, "acme", "doc:1", act) for sub in ("user:u", "user:v") for act in ("read", "write")]
    assert [bool(before.decide(one)) for one in asked] == [True, False, True, False]
    rows[2] = "g, role:clerk, role:owner, *"
    changed = Tree(tree(rules + "\n".join(rows) + "\n"))
    after = change_snapshot(before, changed, lambda: None)
    assert after is not None
    assert [bool(after.decide(one)) for one in asked] == [False, True, False, True]
    assert [bool(before.decide(one)) for one in asked] == [True, False, True, False]


def test_a_rule_that_differs_where_all_others_were_alike_is_found_and_found_fast() -> None:
    """The column that was left out of the index is looked at from then on."""
    rules = [f"p, n{number}, user:u{number}, *, doc:1, read, True, allow" for number in range(200)]
    served = load_snapshot(Tree(tree("\n".join(rules) + "\n")))
    for number in range(200, 300):
        rules.append(f"p, n{number}, user:u1, *, doc:1, act{number}, True, allow")
        changed = change_snapshot(served, Tree(tree("\n".join(rules) + "\n")), lambda: None)
        assert changed is not None
        served = changed
    assert served.decide(Question("user:u1", "-", "doc:1", "act299")).rule == "n299"
    asked = served.evaluator.asked(Question("user:u1", "-", "doc:1", "act299"))
    assert len(list(rules_below(served.evaluator.index, asked.values, asked.held))) <= HANDFUL


def test_closures_that_are_kept_with_their_holders_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorward.engine.roles.graph.CLOSURES_KEPT", 10)
    rows = "".join(
        f"g, user:u{number}, role:r{number}, *\ng, user:u{number}, role:s{number}, *\n" for number in range(50)
    )
    served = load_snapshot(Tree(tree("p, n1, role:r7, *, doc:*, read, True, allow\n" + rows)))
    for _ in range(2):
        found = [bool(served.decide(Question(f"user:u{number}", "-", "doc:1", "read"))) for number in range(50)]
        assert found == [number == 7 for number in range(50)]
    kept = [held for held in served.evaluator.roles.edges.values() if held.closure is not None]  # type: ignore[attr-defined] # a plain graph
    assert len(kept) == 5
