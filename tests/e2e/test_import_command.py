"""`doorward import casbin` and `doorward policy explain-model` as commands: files, words and exit codes."""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.bootstrap import load_folder
from doorward.cli import main
from support.stock_files import BOTH, CASES, ROLES, SAME, model
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, ROOT, write_tree

WITH_ROLES = model(ROLES, g="_, _")
ROWS = "p, admin, data1, read\ng, alice, admin\n"
BROKEN = ROWS + "p, bob, data1\n"


def run(*arguments: str | Path) -> Result:
    clean: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("DOORWARD_"))
    return CliRunner().invoke(main, [str(one) for one in arguments], env=clean)


@pytest.fixture
def old(tmp_path: Path) -> tuple[Path, Path]:
    model_file, rules_file = tmp_path / "model.conf", tmp_path / "policy.csv"
    model_file.write_text(WITH_ROLES)
    rules_file.write_text(ROWS)
    return model_file, rules_file


def test_a_tree_is_made_and_what_to_do_next_is_said(old: tuple[Path, Path], tmp_path: Path) -> None:
    into = tmp_path / "new" / "tree"
    ended = run("import", "casbin", *old, "--into", into)
    assert ended.exit_code == 0, ended.output
    assert f"imported  1 rule and 1 role row from {old[0]} and {old[1]} into {into}\n" in ended.output
    assert f"next: doorward policy lint {into}\n" in ended.output
    assert 'POST /v1/enforce {"request": ["alice", "data1", "read"]}' in ended.output
    assert load_folder(into).rule_count == 1
    assert sorted(one.name for one in into.parent.iterdir()) == ["tree"]


def test_typed_names_are_asked_with_check(old: tuple[Path, Path], tmp_path: Path) -> None:
    into = tmp_path / "tree"
    ended = run("import", "casbin", *old, "--into", into, "--subject-type", "user", "--resource-type", "doc")
    assert ended.exit_code == 0, ended.output
    assert (
        f"doorward check --policy {into} --subject user:alice --action read --resource doc:data1 --explain"
        in ended.output
    )
    asked = ("check", "--policy", into, "--action", "read", "--resource", "doc:data1", "--subject")
    assert run(*asked, "user:alice").exit_code == 0
    assert run(*asked, "user:bob").exit_code == 1


def test_what_differs_is_told_and_is_exit_code_1(old: tuple[Path, Path], tmp_path: Path) -> None:
    old[1].write_text(ROWS + "pp, bob, data1, read, deny\n")
    ended = run("import", "casbin", *old, "--into", tmp_path / "tree")
    assert ended.exit_code == 1
    assert f"left out\n  {old[1]}:3: stock Casbin ignores rows of the type `pp`" in ended.output


def test_what_does_not_load_writes_nothing_and_is_exit_code_3(old: tuple[Path, Path], tmp_path: Path) -> None:
    old[1].write_text(BROKEN)
    into = tmp_path / "tree"
    ended = run("import", "casbin", *old, "--into", into)
    assert ended.exit_code == 3
    assert f"error\n  {old[1]}:3: 2 fields where `p` has 3" in ended.output
    assert "--keep-going" in ended.output
    assert not into.exists()
    ended = run("import", "casbin", *old, "--into", into, "--keep-going")
    assert ended.exit_code == 1
    assert f"      write the 1 row left out anew: grep '# left out' {into / ACCESS_RULES}\n" in ended.output
    assert load_folder(into).rule_count == 1


def test_many_findings_of_a_kind_are_cut_on_a_terminal_and_whole_in_json(
    old: tuple[Path, Path], tmp_path: Path
) -> None:
    old[1].write_text(ROWS + "x, y\n" * 30)
    into = tmp_path / "tree"
    assert "and 20 more of this kind; --json has all" in run("import", "casbin", *old, "--into", into).output
    ended = run("import", "casbin", *old, "--into", into, "--force", "--json")
    answer = json.loads(ended.output)
    assert ended.exit_code == 1
    assert (answer["imported"], answer["differs"], answer["rules"], answer["roles"]) == (True, True, 1, 1)
    assert answer["revision"] == load_folder(into).revision
    assert [one["line"] for one in answer["findings"] if one["code"] == "unknown-type"] == list(range(3, 33))


def test_a_tree_that_is_there_is_kept_without_force(old: tuple[Path, Path], tmp_path: Path) -> None:
    files = {ACCESS_MODEL: b"mine", ACCESS_RULES: b"mine", DIRECTORY: b"tenants: [acme]\n", "README.md": b"mine"}
    into = write_tree(tmp_path / "tree", files)
    ended = run("import", "casbin", *old, "--into", into)
    assert ended.exit_code == 2
    assert "--force" in ended.output
    assert {name: (into / name).read_bytes() for name in files} == files
    assert run("import", "casbin", *old, "--into", into, "--force").exit_code == 0
    assert load_folder(into).tenants == {"acme"}
    assert (into / "README.md").read_bytes() == b"mine"
    assert sorted(one.name for one in (into / "models").iterdir()) == ["access.conf"]


def test_a_broken_file_beside_keeps_the_tree_as_it_was(old: tuple[Path, Path], tmp_path: Path) -> None:
    into = write_tree(tmp_path / "tree", {DIRECTORY: b"tenants: 7\n"})
    ended = run("import", "casbin", *old, "--into", into)
    assert ended.exit_code == 3
    assert DIRECTORY in ended.output
    assert not (into / "models").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--subject-type", "role"], "'role' is no type", id="a type that means roles"),
        pytest.param(["--resource-type", "a b"], "'a b' is no type", id="a malformed type"),
        pytest.param(["--match", "g2"], "is no G=FUNCTION", id="a match without a function"),
        pytest.param(["--match", "g=myMatch"], "is no G=FUNCTION", id="a function that is not there"),
    ],
)
def test_wrong_options_are_usage(options: list[str], said: str, old: tuple[Path, Path], tmp_path: Path) -> None:
    ended = run("import", "casbin", *old, "--into", tmp_path / "tree", *options)
    assert ended.exit_code == 2
    assert said in ended.output


def test_types_that_would_change_the_meaning_are_usage(old: tuple[Path, Path], tmp_path: Path) -> None:
    old[0].write_text(model("r.sub == p.sub && keyMatch(r.obj, p.obj) && r.act == p.act && r.sub < r.act"))
    ended = run("import", "casbin", *old, "--into", tmp_path / "tree", "--subject-type", "user")
    assert ended.exit_code == 2
    assert "`r.sub < r.act`" in ended.output
    assert "next: leave out --subject-type\n" in ended.output


@pytest.mark.parametrize("name", ["key_match2_func", "keyMatch2", "KeyMatch2"])
def test_matching_functions_go_by_the_names_of_all_languages(name: str, old: tuple[Path, Path], tmp_path: Path) -> None:
    case = CASES["RBAC with patterns"]
    old[0].write_text(case.model)
    old[1].write_text(case.rules)
    into = tmp_path / "tree"
    assert run("import", "casbin", *old, "--into", into, "--match", f"g2={name}").exit_code == 0
    assert "# doorward: match g2 with keyMatch2\n" in (into / ACCESS_MODEL).read_text()


def test_the_how_to_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs/how-to/come-from-casbin.md").read_text()
    shown = [block for _, block in re.findall(r"^```([a-z]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)]
    model_text, rules, session, made = shown[:4]
    command, _, output = session.partition("\n")
    monkeypatch.chdir(tmp_path)
    Path("model.conf").write_text(model_text)
    Path("policy.csv").write_text(rules)
    assert run(*command.removeprefix("$ doorward ").split()).output == output
    assert (Path("policy") / ACCESS_RULES).read_text() == made


def test_explain_model_says_what_the_model_means() -> None:
    ended = run("policy", "explain-model", ROOT)
    assert ended.exit_code == 0
    assert "A rule applies when all of these hold\n" in ended.output
    assert max(len(line) for line in ended.output.splitlines()) <= 100
    answer = json.loads(run("policy", "explain-model", ROOT, "--json").output)
    assert [one["section"] for one in answer] == [""]
    assert {"title", "sentences", "points"} == set(answer[0]["chapters"][0])


def test_explain_model_of_a_tree_that_does_not_load_is_exit_code_3(tmp_path: Path) -> None:
    broken = write_tree(tmp_path, {ACCESS_MODEL: model(SAME, effect=BOTH).encode(), ACCESS_RULES: b"p, a, b, c\n"})
    assert run("policy", "explain-model", broken).exit_code == 3
