"""policies/catalog.yaml: descriptions of roles and rules, what is refused, and what a change of it costs."""

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.policy import Snapshot, Tree, load_snapshot
from support.trees import ACCESS_RULES, CATALOG, RULES, tree


def files(catalog: str, rules: str = RULES) -> dict[str, bytes]:
    return tree(rules) | {CATALOG: catalog.encode()}


def loaded(catalog: str, previous: Snapshot | None = None) -> Snapshot:
    return load_snapshot(Tree(files(catalog)), previous=previous)


def test_descriptions_are_shown_with_rules_and_roles() -> None:
    snapshot = loaded(
        "roles: {viewer: {description: Reads}}\nrules:\n  viewers-view-agents:\n    description: >\n      Two\n      lines\n"
    )
    declared = snapshot.declared
    assert [one.description for one in declared.list_rules(0, 2)] == ["Two lines", None]
    role = declared.find_role("viewer")
    assert role is not None
    assert role.description == "Reads"
    described = snapshot.describe()
    assert described["descriptions"] == {"viewer": "Reads"}
    assert described["rules"][0]["description"] == "Two lines"


def test_a_role_that_stands_in_the_catalog_alone_exists() -> None:
    snapshot = loaded("roles: {guest: }\n")
    assert snapshot.knows_role("role:guest")
    assert not snapshot.knows_role("role:nobody")
    assert [one.name for one in snapshot.declared.list_roles(0, 10)] == ["admin", "guest", "user", "viewer"]


def test_permissions_are_the_plain_grants_of_a_role() -> None:
    rules = RULES + (
        "p, a, role:user, acme, agents:*, list, True, allow\n"
        "p, b, role:user, *, agents:*, stop, r.ctx.resource.x == 1, allow\n"
        "p, c, role:user, *, agents:*, drop, True, deny\n"
        "p, d, role:user, *, agents:1, see, True, allow\n"
    )
    role = load_snapshot(Tree(tree(rules))).declared.find_role("user")
    assert role is not None
    assert role.permissions == ("execute_agents", "execute_workflows")
    assert role.rules == ("users-execute-agents", "users-execute-workflows", "a", "b", "c", "d")


FAULTS = [
    ("role: {}\n", 1, "unknown key 'role'; there are roles and rules"),
    ("roles: [viewer]\n", 1, "roles must be a mapping"),
    ("roles:\n  viewer: Reads\n", 2, "'viewer' must be a mapping"),
    ("roles:\n  viewer:\n    text: Reads\n", 3, "unknown key 'text'; there is description"),
    ("roles:\n  viewer: {description: 7}\n", 2, "must be a text; quote it: '7'"),
    ('rules:\n  a: {description: "x\\e[31m"}\n', 2, "not printed"),
    (f"rules:\n  a: {{description: {'x' * 501}}}\n", 2, "longer than 500"),
    ("rules:\n  a: {}\n  a: {}\n", 3, "stands in line 2 already"),
    ("rules: *a\n", 1, "an alias"),
]


@pytest.mark.parametrize(("catalog", "line", "says"), FAULTS)
@pytest.mark.parametrize("changed", [False, True], ids=["a whole load", "a change"])
def test_what_is_wrong_is_told_with_its_line(catalog: str, line: int, says: str, changed: bool) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        loaded(catalog, loaded("rules: {}\n") if changed else None)
    (fault,) = refused.value.problems
    assert (fault.path, fault.line) == (CATALOG, line)
    assert says in fault.message


@pytest.mark.parametrize("before", ["", "roles: {a: {}}\n"])
@pytest.mark.parametrize("after", [None, "", "rules: {admins-do-everything: {description: x}}\n", "# nothing\n"])
def test_a_changed_catalog_is_served_with_what_was_built_before(before: str, after: str | None) -> None:
    served = load_snapshot(Tree(files(before)))
    new = tree() if after is None else files(after)
    changed, whole = load_snapshot(Tree(new), previous=served), load_snapshot(Tree(new))
    assert changed.describe() == whole.describe()
    assert changed.catalog == whole.catalog
    assert changed.evaluator is served.evaluator


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfrules: {}\n", b"rules: {}", b"\xff\n"])
def test_a_changed_catalog_that_is_no_text_is_told_as_in_a_whole_load(content: bytes) -> None:
    new = tree() | {CATALOG: content}
    told = []
    for previous in (None, loaded("rules: {}\n")):
        with pytest.raises(PolicyInvalid) as refused:
            load_snapshot(Tree(new), previous=previous)
        told.append(refused.value.problems)
    assert told[0] == told[1]


def test_faults_of_rules_and_catalog_are_told_at_once_also_of_a_change() -> None:
    new = files("x: 1\n", RULES + "p, short\n")
    with pytest.raises(PolicyInvalid) as refused:
        load_snapshot(Tree(new), previous=loaded("rules: {}\n"))
    assert [one.path for one in refused.value.problems] == [ACCESS_RULES, CATALOG]
