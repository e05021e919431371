"""Files of policy tests: what may stand in them, and how each fault is told with its line."""

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.policy import Tree
from doorward.policy.policy_tests import PolicyTest, load_with_tests, read_tests
from doorward.policy.yaml_reader import MAX_DEPTH
from support.trees import tree

PATH = "policies/tests/access.yaml"
ENTRY = "tests:\n  - name: a\n    subject: user:alice\n    resource: agents:1\n"


def read(text: str, path: str = PATH) -> tuple[list[PolicyTest], list[str]]:
    tests, problems = read_tests({path: text.encode()})
    return tests, [str(one) for one in problems]


def test_everything_that_an_entry_may_give_is_read() -> None:
    (one,), problems = read(
        """tests:
  - name: owners delete
    subject: {type: user, id: alice, level: 3, tags: [a, {b: c}]}
    roles: [viewer, role:user]
    tenant: acme
    resource: {type: agents, id: '1', owner: alice}
    context: {reason: cleanup}
    action: [delete, {name: purge, urgent: true}]
    address: 10.0.0.1
    time: 2026-07-01T12:00:00+02:00
    expect: allow
    rule: owners-delete
"""
    )
    assert problems == []
    assert (one.name, one.path, one.line, one.roles) == ("owners delete", PATH, 2, ("viewer", "user"))
    assert (one.now, one.address, one.rule) == (1_782_900_000.0, "10.0.0.1", "owners-delete")
    delete, purge = one.checks
    assert delete.asked == "user:alice delete agents:1 in acme"
    question = purge.question
    assert question.action_properties == {"urgent": True}
    assert question.subject_properties == {"level": 3, "tags": ["a", {"b": "c"}], "roles": ["viewer", "user"]}
    assert question.resource_properties == {"owner": "alice"}
    assert question.context == {"reason": "cleanup", "tenant": "acme"}


def test_a_mapping_in_expect_asks_once_an_action_and_knows_its_line() -> None:
    (one,), problems = read(ENTRY + "    expect:\n      view: allow\n      delete: deny\n")
    assert problems == []
    assert [(check.asked, check.allowed, check.line) for check in one.checks] == [
        ("user:alice view agents:1", True, 6),
        ("user:alice delete agents:1", False, 7),
    ]


def test_without_a_time_it_is_always_the_same_monday_morning() -> None:
    (one,), _ = read(ENTRY + "    expect: {view: allow}\n")
    assert one.now == 1_767_603_600.0


FAULTS = [
    pytest.param("", "1: a test file has `tests:`", id="an empty file"),
    pytest.param("test: []\n", "1: unknown key 'test'", id="a misspelt top"),
    pytest.param("tests: {a: 1}\n", "1: a test file has `tests:`", id="a mapping of tests"),
    pytest.param("tests: [a]\n", "1: entry 1 of `tests` is no mapping", id="an entry that is a word"),
    pytest.param("tests:\n  - name: [\n", "2: no YAML", id="no YAML"),
    pytest.param("tests:\n  - name: a\n    name: b\n", "3: key 'name' stands in line 2 already", id="a key twice"),
    pytest.param("tests:\n  - &a {name: a}\n", "2: an anchor", id="an anchor"),
    pytest.param("tests: " + "[" * 50 + "]" * 50 + "\n", f"1: nested deeper than {MAX_DEPTH}", id="deep nesting"),
    pytest.param("tests:\n  - subject: user:a\n", "2: a test needs", id="no name and no question"),
    pytest.param("tests:\n  - name: a\n    expect: {a: allow}\n", "2: subject must be", id="no subject"),
    pytest.param("tests:\n\n  - {name: 7}\n", "3: ", id="a name that is a number"),
    pytest.param(ENTRY.replace(": a\n", ': "a\\e[31m"\n') + "    expect: {v: deny}\n", "2: a name is one line", id="a name that steers a terminal"),
    pytest.param(ENTRY.replace(": a\n", f": {'a' * 201}\n") + "    expect: {v: deny}\n", "2: a name is one line of at most 200", id="a long name"),
    pytest.param(ENTRY + "    expects: {view: allow}\n", "5: unknown key 'expects'; there are name,", id="a misspelt key"),
    pytest.param(ENTRY + "    expect: true\n    action: view\n", "5: expected is allow or deny, not True", id="a boolean"),
    pytest.param(ENTRY + "    expect:\n      view: Allow\n", "6: expected is allow or deny, not 'Allow'", id="a capital letter"),
    pytest.param(ENTRY + "    expect: allow\n", "5: what is asked?", id="no action"),
    pytest.param(ENTRY + "    action: view\n", "2: expected is allow or deny, not None", id="no answer"),
    pytest.param(ENTRY + "    action: []\n    expect: allow\n", "5: action is an empty list", id="no action in the list"),
    pytest.param(ENTRY + "    action: 7\n    expect: allow\n", "5: action must be a name", id="a number as action"),
    pytest.param(ENTRY + "    action: view\n    expect: {view: allow}\n", "5: `action` does not go with", id="actions twice"),
    pytest.param(ENTRY + "    rule: x\n    expect: {view: allow}\n", "5: `rule` does not go with", id="a rule for several answers"),
    pytest.param(ENTRY + "    expect: {}\n", "5: expect is empty", id="an empty expect"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    time: 2026-01-05T09:00:00\n", "6: time '2026-01-05T09:00:00' is no time with its zone", id="a time without zone"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    time: 1767603600\n", "6: time 1767603600 is no text", id="a time in seconds"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    roles: viewer\n", "6: roles must be a list", id="roles in a word"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    roles: ['']\n", "6: roles is blank", id="a blank role"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    context: x\n", "6: context must be a mapping", id="context in a word"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    context: {explain: true}\n", "6: 'explain' cannot be given in context", id="an explanation"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    tenant: acme\n    context: {tenant: globex}\n", "6: tenant is 'acme'", id="two tenants"),
    pytest.param(ENTRY + "    expect: {view: allow}\n    tenant: 7\n", "6: tenant 7 is no text; quote it: '7'", id="a tenant that is a number"),
    pytest.param(ENTRY.replace("user:alice", "alice") + "    expect: {view: allow}\n", "3: subject must be `user:alice`", id="a subject without type"),
    pytest.param(ENTRY.replace("user:alice", "role:admin") + "    expect: {view: allow}\n", "3: subject.type 'role' would ask as everyone", id="a role as subject"),
    pytest.param(ENTRY.replace("agents:1", "{type: agents, id: 1}") + "    expect: {view: allow}\n", "4: id 1 is no text; quote it: '1'", id="an id that is a number"),
    pytest.param(ENTRY.replace("user:alice", "{type: user, id: a, roles: [x]}") + "    expect: {view: allow}\n", "3: 'roles' cannot be given in subject", id="roles inside the subject"),
    pytest.param("tests:\n  - {name: a, request: [x], subject: user:a, expect: deny}\n", "2: 'subject' does not go with `request`", id="both kinds of question"),
    pytest.param("tests:\n  - {name: a, request: x, expect: deny}\n", "2: request must be a list", id="a request in a word"),
    pytest.param("tests:\n  - {name: a, request: [x], sections: 2, expect: deny}\n", "2: sections 2 is no text", id="sections by number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_is_told_with_its_line(text: str, fault: str) -> None:
    tests, problems = read(text)
    assert tests == []
    assert problems
    assert f"{PATH}:{fault}" in problems[0]


def test_a_name_is_given_once_in_all_files() -> None:
    text = (ENTRY + "    expect: {view: allow}\n").encode()
    _, problems = read_tests({PATH: text, "policies/tests/more.yaml": b"\n" + text})
    (one,) = map(str, problems)
    assert one == f"policies/tests/more.yaml:3: a test is called 'a' at {PATH}:2 already; give each its own name"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param(b"\xef\xbb\xbftests: []\n", ":1: starts with a byte order mark", id="a byte order mark"),
        pytest.param(b"tests: []\n\xff\n", ":2: not UTF-8", id="no UTF-8"),
        pytest.param(b"tests: []", ":1: does not end with a newline", id="cut off"),
        pytest.param(b"#" * (1 << 20) + b"\n", ": larger than 1 MiB", id="too large"),
    ],
)
def test_a_file_that_is_no_sound_text_is_refused(content: bytes, fault: str) -> None:
    _, problems = read_tests({PATH: content})
    assert [str(one)[: len(PATH + fault)] for one in problems] == [PATH + fault]


def test_faults_of_policy_and_tests_are_told_together() -> None:
    files = tree("p, x\n") | {PATH: b"tests: 7\n"}
    with pytest.raises(PolicyInvalid) as refused:
        load_with_tests(Tree(files))
    assert [one.path for one in refused.value.problems] == ["policies/access.csv", PATH]
