"""Changes of policy as changes of text: golden files, laws, and what is refused."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest, Conflict, NotFound, PolicyInvalid
from doorward.domain.roles import NewRole
from doorward.domain.rules import NewRule
from doorward.engine import Problems
from doorward.policy import Tree, load_snapshot
from doorward.policy.edit import Editor
from doorward.policy.edit.entries import add_entry, delete_entry
from doorward.policy.edit.rows import add_rows
from doorward.policy.yaml_reader import read_yaml
from support.edits import edited, files_of, names
from support.trees import ACCESS_MODEL, ACCESS_RULES, CATALOG, MODEL, PLANS, PLANS_MODEL, ROOT, RULES, tree

RULE: dict[str, Any] = {
    "name": "agent_creation",
    "description": "Allow agent creation",
    "resource": "agents",
    "action": "create",
    "conditions": {"min_role": "user"},
}


def rule(**parts: Any) -> NewRule:
    return NewRule.checked(**{**RULE, **parts})


def created(new: NewRule, files: dict[str, bytes] | None = None) -> dict[str, bytes]:
    return dict(Editor().create_rule(tree() if files is None else files, new))


@pytest.mark.parametrize("case", names())
def test_golden_files(case: str) -> None:
    assert edited(case) == files_of(case, "after")


@pytest.mark.parametrize("case", names())
def test_every_result_loads(case: str) -> None:
    load_snapshot(Tree(edited(case)))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        pytest.param({"name": "a, b"}, "name", id="a comma in a name"),
        pytest.param({"name": "a\np"}, "name", id="a line break in a name"),
        pytest.param({"name": "#a"}, "name", id="a comment for a name"),
        pytest.param({"name": "a]"}, "name", id="a bracket in a name"),
        pytest.param({"name": "a*"}, "name", id="a star in a name"),
        pytest.param({"name": " a"}, "name", id="a blank before a name"),
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": "ä"}, "name", id="letters outside ASCII"),
        pytest.param({"name": "a" * 129}, "name", id="a long name"),
        pytest.param({"name": "a.requires-subscription"}, "gates", id="the name of a gate"),
        pytest.param({"description": "a\nb"}, "line break", id="a description of two lines"),
        pytest.param({"description": "a\u2028b"}, "line break", id="a description with a separator"),
        pytest.param({"description": "a\x1b[31m"}, "not printed", id="a description that steers a terminal"),
        pytest.param({"description": " a"}, "blank", id="a blank before a description"),
        pytest.param({"description": "a" * 501}, "longer", id="a long description"),
        pytest.param({"resource": "agents:*"}, "resource", id="a pattern for a type"),
        pytest.param({"resource": "*"}, "resource", id="a star for a type"),
        pytest.param({"action": "re*"}, "action", id="a star in an action"),
        pytest.param({"conditions": {}}, "min_role is missing", id="no role"),
        pytest.param({"conditions": {"min_role": "user", "x": 1}}, "conditions.x is not known", id="an unknown condition"),
        pytest.param({"conditions": {"min_role": ["user"]}}, "min_role must be", id="a role that is no text"),
        pytest.param({"conditions": {"min_role": "role:user"}}, "min_role", id="a role with its type"),
        pytest.param(
            {"conditions": {"min_role": "user", "subscription_required": "false"}}, "true or false", id="a text for a boolean"
        ),
    ],
)  # fmt: skip
def test_what_no_row_can_hold_is_refused(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        rule(**parts)


@pytest.mark.parametrize(
    ("permissions", "says"),
    [
        (["view"], "no VERB_TYPE"),
        (["_agents"], "the verb"),
        (["view_"], "the type"),
        (["view_agents:*"], "the type"),
        (["view_agents", "view_agents"], "twice"),
    ],
)
def test_what_is_no_permission_is_refused(permissions: list[str], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        NewRole.checked(name="a", description="", permissions=permissions)


def test_a_rule_for_a_role_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadRequest, match="no role uesr; create it, or take one of admin, user, viewer"):
        created(rule(conditions={"min_role": "uesr"}))


def test_a_rule_that_exists_is_refused_also_where_it_is_the_same() -> None:
    files = created(rule())
    with pytest.raises(Conflict, match=r"agent_creation exists already, in policies/access\.csv:6"):
        created(rule(), files)


def test_a_rule_whose_gate_exists_is_refused() -> None:
    files = tree(RULES + "p, agent_creation.requires-subscription, *, *, agents:*, x, True, deny\n")
    with pytest.raises(Conflict, match="requires-subscription exists already"):
        created(rule(conditions={"min_role": "user", "subscription_required": True}), files)


def test_a_rule_that_is_described_already_is_refused() -> None:
    files = tree() | {CATALOG: b"rules: {agent_creation: {description: another}}\n"}
    with pytest.raises(Conflict, match=r"catalog\.yaml:1 describes a rule agent_creation already"):
        created(rule(), files)


@pytest.mark.parametrize("name", ["viewer", "admin", "written-down"])
def test_a_role_that_a_row_or_the_catalog_names_is_refused(name: str) -> None:
    files = tree() | {CATALOG: b"roles: {written-down: {}}\n"}
    with pytest.raises(Conflict, match=f"the role {name} exists already"):
        Editor().create_role(files, NewRole.checked(name=name, description="", permissions=[]))


def test_a_role_without_permissions_exists_afterwards() -> None:
    files = Editor().create_role(tree(), NewRole.checked(name="guest", description="", permissions=[]))
    snapshot = load_snapshot(Tree(files))
    assert snapshot.knows_role("role:guest")
    assert snapshot.declared.find_role("guest") is not None


def test_deleting_a_rule_that_is_not_there_says_so() -> None:
    with pytest.raises(NotFound, match="no rule 'nobody'"):
        Editor().delete_rule(tree(), "nobody")


GUARDED = "p, x, role:user, acme, agents:*, run, True, allow\n"
GATE = "p, x.requires-subscription, *, *, agents:*, run, not r.ctx.tenant.subscribed, deny\n"


@pytest.mark.parametrize("tenant", ["*", "acme"])
def test_a_gate_is_deleted_with_its_rule_and_not_alone(tenant: str) -> None:
    files = tree(RULES + GUARDED + GATE.replace("*, *", f"*, {tenant}"))
    guarded = load_snapshot(Tree(files)).declared.find_rule("x")
    assert guarded is not None
    assert guarded.gate == "x.requires-subscription"
    with pytest.raises(Conflict, match="out of x; delete x"):
        Editor().delete_rule(files, "x.requires-subscription")
    assert Editor().delete_rule(files, "x")[ACCESS_RULES] == RULES.encode()


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        pytest.param("*, *", "role:user, *", id="for a role"),
        pytest.param("*, *", "*, other", id="in another tenant"),
        pytest.param("agents", "workflows", id="on another resource"),
        pytest.param("run", "stop", id="on another action"),
        pytest.param("not r.ctx.tenant.subscribed", "True", id="under another condition"),
        pytest.param("deny", "allow", id="allows"),
    ],
)
def test_a_rule_that_is_called_as_a_gate_and_is_none_stands_for_itself(said: str, instead: str) -> None:
    called = GATE.replace(said, instead)
    files = tree(RULES + GUARDED + called)
    guarded = load_snapshot(Tree(files)).declared.find_rule("x")
    assert guarded is not None
    assert guarded.gate is None
    assert Editor().delete_rule(files, "x")[ACCESS_RULES] == (RULES + called).encode()
    assert Editor().delete_rule(files, "x.requires-subscription")[ACCESS_RULES] == (RULES + GUARDED).encode()


def test_nothing_is_looked_for_in_another_model() -> None:
    model = MODEL.replace("keyMatch(r.obj, p.obj)", "keyMatch2(r.obj, p.obj)")
    for name in ("nobody", "users-execute-agents"):
        with pytest.raises(Conflict, match="not the default model"):
            Editor().delete_rule(tree(model=model), name)


def test_another_model_is_not_edited() -> None:
    model = MODEL.replace("keyMatch(r.obj, p.obj)", "keyMatch2(r.obj, p.obj)")
    with pytest.raises(Conflict, match="not the default model"):
        created(rule(), tree(model=model))


def test_a_model_in_which_order_decides_is_not_edited() -> None:
    model = MODEL.replace("some(where (p.eft == allow)) && !some(where (p.eft == deny))", "priority(p.eft) || deny")
    with pytest.raises(Conflict, match="not the default model"):
        created(rule(), tree(model=model))


def test_a_tree_that_does_not_load_is_told_with_its_faults() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        created(rule(), tree(RULES + "p, short\n"))
    assert refused.value.problems[0].line == 8


@pytest.mark.parametrize("catalog", ["rules: ~\n", "rules: null  # none yet\n", "roles: {}\n...\n"])
def test_a_layout_that_is_not_known_is_refused(catalog: str) -> None:
    with pytest.raises(Conflict, match="by hand"):
        created(rule(), tree() | {CATALOG: catalog.encode()})


FULL = {path: (ROOT / path).read_bytes() for path in (CATALOG, PLANS_MODEL, PLANS)}
TIGHT = b"""currency: EUR
counts_as_subscribed: []
suspended_may: [view on invoices]
plans:  {basic: {name: Basic}}   # minor units
meters: {api_calls: {unit: call, aggregation: sum, per: hour}, agent_executions: {aggregation: sum},
         storage_used: {unit: MB, aggregation: latest, per: total}}
limits: {max_agents: }
"""


@pytest.mark.parametrize("catalog", [FULL[CATALOG], TIGHT], ids=["the default catalog", "flow mappings over lines"])
def test_what_else_stands_in_the_catalog_stays_as_it_is(catalog: bytes) -> None:
    files = tree() | FULL | {CATALOG: catalog}
    after = created(rule(description="For agents"), files)
    after = dict(Editor().create_role(after, NewRole.checked(name="auditor", description="Looks", permissions=[])))
    said, before = load_snapshot(Tree(after)).catalog, load_snapshot(Tree(files)).catalog
    assert said.rules == {**before.rules, "agent_creation": "For agents"}
    assert said.roles == {**before.roles, "auditor": "Looks"}
    for part in ("currency", "counts_as_subscribed", "after_end", "suspended_may", "plans", "meters", "limits"):
        assert getattr(said, part) == getattr(before, part)
    assert set(catalog.splitlines()) <= set(after[CATALOG].splitlines())


def test_the_gate_denies_everyone_where_nobody_knows_of_a_subscription() -> None:
    files = created(rule(conditions={"min_role": "viewer", "subscription_required": True}))
    rows = files[ACCESS_RULES].decode()
    assert "p, agent_creation.requires-subscription, *, *, agents:*, create,  not r.ctx.tenant.subscribed, deny" in rows
    assert files[ACCESS_MODEL] == MODEL.encode()


TEXTS = st.text(alphabet=st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=40).map(str.strip)
NAMES = st.text(alphabet=string.ascii_letters, min_size=1, max_size=8)
CATALOGS = st.sampled_from(
    [
        "",
        "# nothing yet\n",
        "rules:\n",
        "rules: {}\nroles: {a: {}}\n",
        "rules: {one: {description: x}}\n",
        "rules:\n  one: {description: x}  # why\n\n  two:\n    description: 'y'\n# end\nroles:\n  a: {}\n",
        "{roles: {}, rules: {one: {}}}\n",
        "rules: {\n  one: {},\n  two: {description: x},  # y\n}\n",
        "roles:\n    a:\n        description: b\n",
    ]
)


@given(catalog=CATALOGS, name=NAMES, description=TEXTS)
def test_an_entry_that_is_put_in_and_taken_out_leaves_what_was_there(catalog: str, name: str, description: str) -> None:
    values = {"description": description} if description else {}
    before = read_yaml(catalog, Problems(CATALOG)) or {}
    text = add_entry(catalog, "rules", name, values)
    problems = Problems(CATALOG)
    after = read_yaml(text, problems)
    assert after is not None, (text, problems.found)
    assert after["rules"].pop(name) == values
    expected = {key: dict(value or {}) for key, value in before.items() if value or key == "rules"}
    assert {key: dict(value or {}) for key, value in after.items() if value or key == "rules"} == {
        "rules": {}
    } | expected
    without = read_yaml(delete_entry(text, "rules", name), problems)
    assert without is not None
    assert dict(without.get("rules") or {}) == dict(before.get("rules") or {})


LINES = st.sampled_from(
    [
        "p, a, role:viewer, *, agents:*, view, True, allow",
        "p, long-name,  role:viewer, *, agents:*,  view, True, allow",
        "  p,b,role:user,*,agents:*,run,r.ctx.resource.x in ('a, b', 'c'),deny",
        "g, role:user, role:viewer, *",
        "# a comment, with p, in it",
        "",
        "p, c, *, *, x:*, y, True, allow\r",
        "p, \u2028, *, *, x:*, y, True, allow",
    ]
)


@given(lines=st.lists(LINES, max_size=8))
def test_every_line_stays_where_rows_are_put_in(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    row = ("p", "new", "*", "*", "x:*", "y", "True", "allow")
    result = add_rows(text, [row]).split("\n")
    new = [line for line in result if "new" in line]
    assert [line for line in result if "new" not in line] == text.split("\n")
    assert [field.strip() for field in new[0].split(",")] == list(row)
