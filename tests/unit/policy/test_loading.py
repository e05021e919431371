"""A tree loads, or every fault of it is told with file, line and fix."""

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.policy import Tree, load_snapshot
from doorward.policy.tree import content_revision
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, RULES, tree


def faults(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        load_snapshot(Tree(files))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, ".: an empty tree", id="an empty tree"),
        pytest.param({ACCESS_MODEL: tree()[ACCESS_MODEL]}, "policies/access.csv: missing", id="no rules"),
        pytest.param({ACCESS_RULES: b"p\n"}, "models/access.conf: missing", id="no model"),
        pytest.param(
            {**tree(), "policies/notes.txt": b"x\n"}, "policies/notes.txt: unknown file", id="an unknown file"
        ),
        pytest.param({**tree(), "models/acess.conf": b"x\n"}, "models/acess.conf: unknown file", id="a misspelt file"),
        pytest.param(
            {**tree(), "policies/tests/access.yml": b"\n"},
            "policies/tests/access.yml: unknown file",
            id="a test file of another ending",
        ),
        pytest.param(
            {**tree(), "policies/tests/a/b.yaml": b"\n"},
            "policies/tests/a/b.yaml: unknown file",
            id="a test file below",
        ),
        pytest.param(tree("\ufeff" + RULES), "policies/access.csv:1: starts with a byte order mark", id="a BOM"),
        pytest.param({**tree(), ACCESS_RULES: b"p, a\n\xff\n"}, "policies/access.csv:2: not UTF-8", id="not UTF-8"),
        pytest.param(tree(RULES + "g, a, b, *"), "policies/access.csv:8: does not end with a newline", id="cut off"),
        pytest.param(tree(""), "policies/access.csv: no rule at all", id="no rows"),
        pytest.param(tree("# only a comment\n"), "policies/access.csv: no rule at all", id="only comments"),
        pytest.param(
            tree(directory="tenants: [1]\n"),
            "policies/directory.yaml:1: tenant 1 is no text",
            id="a tenant that is a number",
        ),
        pytest.param(tree(directory="tenants: ['*']\n"), "'*' is no tenant id", id="the tenant star"),
        pytest.param(tree(directory="tenants: acme\n"), "must be a list", id="tenants that are no list"),
        pytest.param(
            tree(directory="users: {}\n"), "policies/directory.yaml:1: unknown key 'users'", id="an unknown key"
        ),
        pytest.param(
            tree(directory="subjects:\n  user:\n    bob: {roles: [x]}\n"),
            "policies/directory.yaml:3: 'roles' cannot",
            id="roles as an attribute",
        ),
        pytest.param(tree(directory="subjects: {us er: {}}\n"), "must match", id="a type that is none"),
        pytest.param(tree(directory="actions: {doc: read}\n"), "must be a list", id="actions that are no list"),
        pytest.param(tree(directory="resources: [1]\n"), "must be a mapping", id="resources that are a list"),
        pytest.param({**tree(), DIRECTORY: b"a: " + b"x" * (1 << 20) + b"\n"}, "larger than 1 MiB", id="too large"),
    ],
)
def test_fault(files: dict[str, bytes], said: str) -> None:
    assert any(said in fault for fault in faults(files)), faults(files)


def test_all_faults_of_all_files_at_once() -> None:
    found = faults(tree(RULES + "x, y\np, z\n", model="[nope]\n", directory="a: 1\nb: 2\n"))
    assert {fault.split(":")[0] for fault in found} == {ACCESS_MODEL, DIRECTORY}
    found = faults(tree(RULES + "x, y\np, z\n", directory="a: 1\nb: 2\n"))
    assert [fault.split(": ")[0] for fault in found] == [
        "policies/access.csv:8", "policies/access.csv:9", "policies/directory.yaml:1", "policies/directory.yaml:2",
    ]  # fmt: skip


def test_many_faults_are_counted_not_listed() -> None:
    found = faults(tree(RULES + "x, y\n" * 500))
    assert len(found) == 101
    assert any("400 more problems" in fault for fault in found)


def test_revision_depends_on_names_and_bytes_alone() -> None:
    assert content_revision({"a": b"1", "b": b"2"}) == content_revision({"b": b"2", "a": b"1"})
    assert content_revision({"a": b"1", "b": b"2"}) != content_revision({"a": b"12", "b": b""})
    assert content_revision({"ab": b""}) != content_revision({"a": b"b"})
    assert len(content_revision({}).removeprefix("dir:")) == 16


def test_pace_is_called_while_loading() -> None:
    calls = []
    load_snapshot(
        Tree(tree(RULES + "".join(f"g, user:{n}, role:user, *\n" for n in range(5000)))), lambda: calls.append(1)
    )
    assert len(calls) > 5


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"tests: [\xff", id="no text"),
        pytest.param(b"tests: 7\n", id="no tests"),
        pytest.param(b"x" * (2 << 20), id="too large"),
    ],
)
def test_whatever_stands_in_a_test_file_the_policy_is_served(content: bytes) -> None:
    files = {**tree(), "policies/tests/access.yaml": content}
    loaded = load_snapshot(Tree(files))
    assert loaded.rule_count == 5
    assert loaded.revision == content_revision(files) != content_revision(tree())
