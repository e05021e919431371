"""An imported tree decides as stock Casbin decides on the old files."""

import dataclasses
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.bootstrap import load_folder
from doorward.policy.casbin_import import StockFiles, Wishes, enforce_request, import_casbin
from support.stock_files import CASES, StockCase
from support.trees import ACCESS_MODEL, ACCESS_RULES, write_tree

NOW = 1_800_000_000.0
TYPED = (
    "ACL",
    "ACL with superuser",
    "RBAC",
    "RBAC with superuser role",
    "RBAC with resource roles",
    "RBAC with domains",
)
TYPED += ("allow and deny", "priority by order", "what years leave behind")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_tree_decides_as_the_old_files_do(case: StockCase, tmp_path: Path) -> None:
    made = case.imported()
    assert made.snapshot is not None, made.findings
    served = load_folder(write_tree(tmp_path / "tree", made.files))
    enforcer = case.enforcer(tmp_path)
    differ, answers = [], set()
    for section, question in case.questions():
        expected = case.stock_answer(enforcer, section, question)
        answers.add(expected)
        if served.enforce(question, section, 1_800_000_000.0, "").allowed is not expected:
            differ.append((section, question, expected))
    assert differ == []
    assert answers == {True, False}


NO_GUESS = frozenset({"ABAC", "ABAC with rules", "RESTful with keyGet2"})


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_GUESS))
def test_the_question_that_an_import_suggests_is_allowed(name: str) -> None:
    made = CASES[name].imported()
    assert made.snapshot is not None
    values = json.loads(enforce_request(made.snapshot, NOW))
    assert made.snapshot.enforce(values, "", NOW, "").allowed


@pytest.mark.parametrize("name", TYPED)
def test_with_types_it_decides_the_same_of_typed_names(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = case.imported(sub="user", obj="doc")
    assert made.snapshot is not None, made.findings
    assert not made.by_position
    enforcer = case.enforcer(tmp_path)
    tokens = made.tokens
    roles = {row[1] for row in (enforcer.model["g"] or {}).get("g", EMPTY).policy}
    types = {"sub": "user:", "obj": "doc:"}
    for section, question in case.questions():
        if question[tokens.index("sub")] in roles:
            continue  # AuthZEN never asks as a role
        typed = [types.get(token, "") + value for token, value in zip(tokens, question, strict=True)]
        answer = made.snapshot.enforce(typed, section, 0.0, "").allowed
        assert answer is case.stock_answer(enforcer, section, question), typed


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_importing_what_was_imported_changes_nothing(case: StockCase) -> None:
    files = case.imported().files
    old = StockFiles(model_path="m", model=files[ACCESS_MODEL], rules_path="p", rules=files[ACCESS_RULES])
    assert import_casbin(old, Wishes(matches=case.matches)).files == files


FIELDS = (
    "alice",
    "bob",
    "admin",
    "data1",
    "data2",
    "read",
    "write",
    "allow",
    "deny",
    "Deny",
    "*",
    "data*",
    "d*x",
    "p",
    "g",
    "1",
)


@st.composite
def damaged(draw: st.DrawFn) -> StockCase:
    """A case whose rows were edited by people in a hurry."""
    case = draw(st.sampled_from([one for one in CASES.values() if one.rules]))
    lines = case.rules.split("\n")
    for _ in range(draw(st.integers(1, 5))):
        place, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match draw(st.sampled_from(["again", "swap", "edit", "edit"])):
            case "again":
                lines.insert(place, lines[other])
            case "swap":
                lines[place], lines[other] = lines[other], lines[place]
            case _:
                fields = lines[place].split(",")
                fields[draw(st.integers(0, len(fields) - 1))] = draw(st.sampled_from(FIELDS))
                lines[place] = ",".join(fields)
    return dataclasses.replace(case, rules="\n".join(lines))


@settings(max_examples=max(1, round(2_000 * SCALE)))
@given(case=damaged(), data=st.data())
def test_damaged_files_are_refused_or_decide_as_they_did(case: StockCase, data: st.DataObject) -> None:
    made = case.imported()
    if made.snapshot is None or any(one.code in {"any-tenant", "own-role"} for one in made.findings):
        return
    with tempfile.TemporaryDirectory() as folder:
        enforcer = case.enforcer(Path(folder))
    for section, question in data.draw(st.lists(st.sampled_from(list(case.questions())), max_size=20)):
        answer = made.snapshot.enforce(question, section, 1_800_000_000.0, "").allowed
        assert answer is case.stock_answer(enforcer, section, question), (section, question)


class _NoRoles:
    policy: tuple[tuple[str, ...], ...] = ()


EMPTY = _NoRoles()
