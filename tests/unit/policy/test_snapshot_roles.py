"""What a snapshot knows of roles and permissions: where a role comes from, who has one where, what may be permitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.policy import Snapshot, Tree, load_snapshot
from support.trees import ACCESS_RULES, CATALOG, MODEL, RULES, snapshot, tree

NO_TENANTS = MODEL.replace("g = _, _, _", "g = _, _").replace("g(r.sub, p.sub, r.dom)", "g(r.sub, p.sub)")
PATTERNS = MODEL.replace("g = _, _, _", "# doorward: match g with keyMatch3\ng = _, _, _")
WINDOWS = MODEL.replace("g = _, _, _", "g = _, _, (_, _)").replace("g(r.sub, p.sub, r.dom)", "g(r.sub, p.sub)")
ONE = "p, a, role:a, *, doc:*, read, True, allow\n"


def test_role_rows_are_told_with_their_lines() -> None:
    loaded = snapshot(
        RULES
        + "# people\ng, user:alice, role:user, acme\n\n  g ,user:alice ,role:admin, *\ng, user:alic, role:user, *\n"
    )
    assert loaded.role_rows("user:alice") == (
        ("user", "acme", "policies/access.csv:9"),
        ("admin", "*", "policies/access.csv:11"),
    )


def test_rows_of_others_that_are_called_alike_are_left_out() -> None:
    loaded = snapshot(RULES + "g, user:al, role:user, *\ng, user:ali, role:user, *\ng, superuser:al, role:admin, *\n")
    assert loaded.role_rows("user:al") == (("user", "*", "policies/access.csv:8"),)
    assert loaded.role_rows("user:a") == ()
    assert loaded.role_rows("al") == ()


def test_a_rule_or_a_comment_that_names_a_subject_gives_it_no_role() -> None:
    rows = "# g, user:bo, role:user, *\np, x, user:bo, *, doc:*, read, user:bo, allow\n".replace(
        "user:bo, allow", "True, allow"
    )
    loaded = snapshot(RULES + rows + "g, user:bo, role:user, *\n")
    assert loaded.role_rows("user:bo") == (("user", "*", "policies/access.csv:10"),)


def test_a_blank_of_another_kind_ends_a_name_too() -> None:
    loaded = snapshot(RULES + "g, user:bo\u00a0, role:user, *\n")
    assert loaded.role_rows("user:bo") == (("user", "*", "policies/access.csv:8"),)


def test_a_role_without_its_type_is_told_as_it_stands() -> None:
    loaded = snapshot(RULES + "g, user:alice, group:staff, *\np, s, group:staff, *, doc:*, read, True, allow\n")
    assert loaded.role_rows("user:alice") == (("group:staff", "*", "policies/access.csv:8"),)


def test_rows_without_tenants_are_for_all() -> None:
    loaded = snapshot(ONE + "g, user:alice, role:a\n", NO_TENANTS)
    assert loaded.role_rows("user:alice") == (("a", "*", "policies/access.csv:2"),)
    assert loaded.has_role_in("user:alice", "acme")


def test_rows_for_patterns_count_for_those_who_match() -> None:
    loaded = snapshot(
        ONE + "g, user:/staff/{id}, role:a, acme\ng, user:/staff/bo, role:b, *\ng, role:b, role:a, *\n", PATTERNS
    )
    assert loaded.role_rows("user:/staff/bo") == (
        ("a", "acme", "policies/access.csv:2"),
        ("b", "*", "policies/access.csv:3"),
    )
    assert loaded.has_role_in("user:/staff/al", "acme")
    assert not loaded.has_role_in("user:/staff/al", "globex")
    assert loaded.has_role_in("user:/staff/bo", "globex")


def test_rows_with_windows_count_whenever() -> None:
    loaded = snapshot(ONE + "g, user:al, role:a, 2001-01-01 00:00:00, 2002-01-01 00:00:00\n", WINDOWS)
    assert loaded.role_rows("user:al") == (("a", "*", "policies/access.csv:2"),)
    assert loaded.has_role_in("user:al", "acme")
    assert not loaded.has_role_in("user:bo", "acme")


def test_a_large_file_is_searched_in_parts_and_lines_are_counted_through_them() -> None:
    filler = "".join(f"# {'x' * 1000} {n}\n" for n in range(2_100))
    loaded = snapshot(RULES + filler + "g, user:alice, role:user, *\n" + filler + "g, user:alice, role:admin, acme\n")
    assert [place for _, _, place in loaded.role_rows("user:alice")] == [
        f"policies/access.csv:{7 + 2_101}",
        f"policies/access.csv:{7 + 2 * 2_101}",
    ]


def test_a_name_at_the_edge_of_a_part_is_found() -> None:
    row = b"g, user:alice, role:user, *\n"
    head = RULES.encode()
    for shift in range(len(row) + 2):
        filler = b"#" + b"x" * ((1 << 20) - len(head) - shift - 2) + b"\n"
        loaded = load_snapshot(Tree({**tree(), ACCESS_RULES: head + filler + row}))
        assert loaded.role_rows("user:alice") == (("user", "*", "policies/access.csv:9"),), shift


def test_lines_are_right_after_a_small_change() -> None:
    before = snapshot(RULES + "g, user:alice, role:user, *\n")
    after = load_snapshot(Tree(tree(f"# first\n{RULES}g, user:alice, role:user, *\n")), previous=before)
    assert after.role_rows("user:alice") == (("user", "*", "policies/access.csv:9"),)


@pytest.mark.parametrize(
    ("subject", "tenant", "has"),
    [
        pytest.param("user:one", "acme", True, id="in the tenant"),
        pytest.param("user:one", "globex", False, id="in another tenant"),
        pytest.param("user:all", "globex", True, id="in all tenants"),
        pytest.param("user:two", "globex", True, id="in two tenants"),
        pytest.param("user:two", "initech", False, id="in neither"),
        pytest.param("user:both", "initech", True, id="in one and in all"),
        pytest.param("user:none", "acme", False, id="in none"),
        pytest.param("role:user", "acme", True, id="a role that holds one"),
    ],
)
def test_who_has_a_role_where(subject: str, tenant: str, has: bool) -> None:
    loaded = snapshot(
        RULES + "g, user:one, role:user, acme\ng, user:all, role:user, *\ng, user:two, role:user, acme\n"
        "g, user:two, role:user, globex\ng, user:both, role:user, acme\ng, user:both, role:admin, *\n"
    )
    assert loaded.has_role_in(subject, tenant) is has


NAMES = st.sampled_from(["user:a", "user:b", "role:x", "role:y"])


@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from(["role:z", "role:w"]), st.sampled_from(["acme", "globex", "*"])), max_size=6
    )
)
def test_who_has_a_role_is_what_the_rows_say(rows: list[tuple[str, str, str]]) -> None:
    loaded = snapshot(ONE + "".join(f"g, {', '.join(row)}\n" for row in rows))
    for subject in ("user:a", "user:b", "user:c", "role:x"):
        said = [(role.removeprefix("role:"), tenant) for holder, role, tenant in rows if holder == subject]
        assert [(role, tenant) for role, tenant, _ in loaded.role_rows(subject)] == said
        for tenant in ("acme", "initech"):
            assert loaded.has_role_in(subject, tenant) is any(where in {tenant, "*"} for _, where in said)


def test_a_role_is_declared_by_rows_rules_and_the_catalog() -> None:
    loaded = load_snapshot(Tree(tree(RULES + "g, user:a, role:given, *\n") | {CATALOG: b"roles: {written: }\n"}))
    assert [name for name in ("viewer", "given", "written", "nobody", "role:viewer", "user:a") if loaded.declares_role(name)] == [
        "viewer", "given", "written",
    ]  # fmt: skip


def permitted(rules: str, model: str = MODEL, directory: str | None = None) -> Snapshot:
    return snapshot(rules, model, directory)


def test_permissions_are_the_pairs_that_rules_and_the_directory_name() -> None:
    loaded = permitted(RULES, directory="actions: {record: [read, write], agents: [view]}\n")
    assert loaded.permission_pairs() == (
        ("execute", "agents"),
        ("execute", "workflows"),
        ("read", "record"),
        ("view", "agents"),
        ("view", "workflows"),
        ("write", "record"),
    )


def test_a_single_resource_names_its_type_and_stars_name_nothing() -> None:
    loaded = permitted(
        "p, 1, role:a, *, doc:7, read, True, allow\np, 2, role:a, *, doc:*, *, True, allow\n"
        "p, 3, role:a, *, *, see, True, allow\np, 4, role:a, *, d*, look, True, allow\np, 5, role:a, *, doc:*, stop, True, deny\n"
    )
    assert loaded.permission_pairs() == (("read", "doc"), ("stop", "doc"))


def test_a_star_among_the_listed_actions_names_nothing() -> None:
    assert permitted(ONE, directory="actions: {record: ['*', read]}\n").permission_pairs() == (
        ("read", "doc"),
        ("read", "record"),
    )


def test_permissions_are_found_in_columns_of_other_names() -> None:
    model = MODEL.replace("p = rule, sub, dom, obj, act, when, eft", "p = rule, sub, dom, what, deed, when, eft")
    model = model.replace("p.obj", "p.what").replace("p.act", "p.deed")
    assert permitted(ONE, model).permission_pairs() == (("read", "doc"),)


def test_a_model_without_actions_names_the_directory_s_alone() -> None:
    model = (
        "[request_definition]\nr = sub, obj\n[policy_definition]\np = sub, obj\n"
        "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = r.sub == p.sub && r.obj == p.obj\n"
    )
    assert permitted("p, user:a, doc:1\n", model, "actions: {doc: [read]}\n").permission_pairs() == (("read", "doc"),)


def test_permissions_are_found_once_and_again_after_a_change() -> None:
    before = permitted(ONE)
    assert before.permission_pairs() is before.permission_pairs()
    after = load_snapshot(Tree(tree(ONE + ONE.replace("p, a", "p, b").replace("read", "write"))), previous=before)
    assert after.permission_pairs() == (("read", "doc"), ("write", "doc"))
    assert before.permission_pairs() == (("read", "doc"),)


def test_many_rules_are_looked_at_in_steps() -> None:
    loaded = permitted("".join(f"p, r{n}, role:a, *, doc{n % 7}:{n}, a{n % 3}, True, allow\n" for n in range(2_500)))
    assert len(loaded.permission_pairs()) == 21
