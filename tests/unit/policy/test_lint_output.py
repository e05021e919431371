"""`doorward policy lint` tells what it found: to people, to programs and to GitHub, with exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.policy.lint import CODES
from support.trees import MODEL, RULES, tree, write_tree

WARNED = f"{RULES}p, viewers-view-tools, role:vewer, *, tools:*, view, True, allow\n"
BROKEN = f"{RULES}p, nobody-deletes, *, *, agents:*, delete, True, dney\n"


def lint(folder: Path, *options: str, color: bool = False, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["policy", "lint", str(folder), *options], color=color)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "good", tree())


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "warned", tree(WARNED))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "broken", tree(BROKEN))


@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "json"), ("--format", "github")], ids=" ".join)
def test_exit_codes(options: tuple[str, ...], good: Path, warned: Path, broken: Path) -> None:
    assert [lint(one, *options).exit_code for one in (good, warned, broken)] == [0, 0, 3]
    assert [lint(one, *options, "--strict").exit_code for one in (good, warned, broken)] == [0, 1, 3]


def test_a_warning_is_told_with_its_line_and_marks_below_what_is_meant(warned: Path) -> None:
    said = lint(warned).output.splitlines()
    assert said[:3] == [
        "policies/access.csv:8: warning DW101 unknown-role: nobody has role:vewer; did you mean role:viewer?",
        "  8 | p, viewers-view-tools, role:vewer, *, tools:*, view, True, allow",
        "    |                        ^^^^^^^^^^",
    ]
    assert said[4].startswith(f"1 warning  {warned}: 6 rules, revision dir:")
    assert said[5].startswith("if a line is right, write above it: # doorward: ignore unknown-role: why")
    assert len(said) == 6


def test_colour_is_for_terminals_alone(warned: Path) -> None:
    assert "\x1b[" not in lint(warned).output
    assert "\x1b[33m" in lint(warned, color=True).output
    assert "\x1b[" not in lint(warned, color=True, NO_COLOR="1").output
    assert "\x1b[33m" in lint(warned, color=True, NO_COLOR="").output


def test_an_error_is_told_on_standard_error_with_its_line(broken: Path) -> None:
    said = lint(broken)
    assert said.stdout == ""
    first, row, marks = said.stderr.splitlines()[:3]
    assert first == "policies/access.csv:8: error DW003 invalid-row: effect must be allow or deny, not 'dney'"
    assert row.startswith("  8 | p, nobody-deletes")
    assert (marks.index("^"), marks.count("^")) == (row.index("dney"), len("dney"))
    assert said.stderr.endswith("1 problem; the policy does not load\n")


def test_what_is_silenced_is_counted(tmp_path: Path) -> None:
    rules = WARNED.replace(
        "p, viewers-view-tools", "# doorward: ignore unknown-role: given elsewhere\np, viewers-view-tools"
    )
    assert ", 1 silenced" in lint(write_tree(tmp_path, tree(rules))).output


def test_a_terminal_gets_at_most_twenty_of_a_kind_and_no_line_that_steers_it(tmp_path: Path) -> None:
    rows = "".join(f"p, again-{n}, role:viewer, *, agents:*, view, True, allow\n" for n in range(30))
    said = lint(write_tree(tmp_path / "many", tree(RULES + rows))).output
    assert said.count("DW201 duplicate-rule") == 21
    assert "... and 10 more of DW201 duplicate-rule" in said
    hidden = lint(write_tree(tmp_path / "hidden", tree(f"{RULES}p, a, b\x1b[2J, c\n"))).output
    assert "\x1b" not in hidden
    assert "<U+001B>" in hidden


def test_marks_stand_below_what_is_meant_in_long_and_in_wide_lines(tmp_path: Path) -> None:
    condition = " or ".join(f"r.ctx.resource.owner == 'person-{n}'" for n in range(20))
    rules = f"{RULES}p, 日本, role:user, *, tools:*, view, {condition} or 1 == 1, allow\n"
    said = lint(write_tree(tmp_path, tree(rules))).output.splitlines()
    assert len(said[1]) < 130
    assert said[1].index("1 == 1") == said[2].index("^")
    short = lint(
        write_tree(tmp_path, tree(f"{RULES}p, 日本, role:vewer, *, tools:*, view, True, allow\n"))
    ).output.splitlines()
    assert short[1].index("role:vewer") + 2 == short[2].index("^")


def test_json_keeps_its_keys_and_adds_the_findings(warned: Path, broken: Path) -> None:
    found = json.loads(lint(warned, "--json").output)
    assert (found["loads"], found["rules"], found["problems"], found["silenced"]) == (True, 6, [], 0)
    assert found["findings"] == [
        {
            "code": "DW101",
            "name": "unknown-role",
            "severity": "warning",
            "path": "policies/access.csv",
            "line": 8,
            "column": 24,
            "end_column": 34,
            "message": "nobody has role:vewer; did you mean role:viewer?",
            "source": "p, viewers-view-tools, role:vewer, *, tools:*, view, True, allow",
        }
    ]
    failed = json.loads(lint(broken, "--json").output)
    assert failed["loads"] is False
    assert "revision" not in failed
    (problem,) = failed["problems"]
    assert (problem["path"], problem["line"], problem["code"]) == ("policies/access.csv", 8, "DW003")
    assert [one["code"] for one in failed["findings"]] == ["DW003"]


def test_github_gets_paths_from_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = write_tree(tmp_path / "teams/access", tree(WARNED))
    assert lint(folder, "--format", "github").output.splitlines() == [
        "::warning file=teams/access/policies/access.csv,line=8,col=24,endColumn=33,title=DW101 unknown-role::nobody has role:vewer; did you mean role:viewer?",
    ]


def test_github_gets_no_character_that_would_end_or_begin_a_command(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = write_tree(tmp_path / "a,b:c%", tree(f"{RULES}p, 100%, role:viewer, *, agents:*, view, True, allow\n"))
    (annotation,) = lint(folder, "--format", "github").output.splitlines()
    assert annotation.startswith("::warning file=a%2Cb%3Ac%25/policies/access.csv,line=8,")
    failed = write_tree(tmp_path / "broken", tree("p, a\n%0A::error::x, b\n"))
    said = lint(failed, "--format", "github").output.splitlines()
    assert all(line.startswith("::error file=broken/policies/access.csv,") for line in said)
    assert any("%250A" in line for line in said)


def test_a_folder_that_is_not_there_and_a_tree_that_cannot_be_read(tmp_path: Path) -> None:
    said = lint(tmp_path / "none")
    assert (said.exit_code, "no such folder" in said.stderr, "DW001" in said.stderr) == (3, True, True)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/access.conf").symlink_to("/etc/hostname")
    assert lint(tmp_path).exit_code == 3


def priority_model(text: str) -> str:
    return text.replace("p = rule,", "p = priority, rule,").replace(
        "some(where (p.eft == allow)) && !some(where (p.eft == deny))", "priority(p.eft) || deny"
    )


CELLS = [
    pytest.param("p, 1, a, *, *, b:*, view, True, dney", "dney", id="an effect"),
    pytest.param("p, -1, a, *, *, b:*, view, True, allow", "-1", id="a priority"),
    pytest.param("p, 1, a, *, *, b:*:c, view, True, allow", "b:*:c", id="a pattern"),
    pytest.param("p, 1, a, user:*, *, b:*, view, True, allow", "user:*", id="a name with a star"),
    pytest.param("p, 1, a, *, *, b:*, view, owner == 'x', allow", "owner == 'x'", id="a condition"),
    pytest.param("p, 1, a, *, *, b:*, view, allow", "p, 1, a, *, *, b:*, view, allow", id="a row as a whole"),
]


@pytest.mark.parametrize(("row", "marked"), CELLS)
def test_an_error_underlines_the_cell_that_it_means(row: str, marked: str, tmp_path: Path) -> None:
    folder = write_tree(tmp_path, tree(f"{row}\n", priority_model(MODEL)))
    (found,) = json.loads(lint(folder, "--json").output)["findings"]
    assert found["source"][found["column"] - 1 : found["end_column"] - 1] == marked


def test_one_rule_is_one_rule(tmp_path: Path) -> None:
    assert ": 1 rule, revision" in lint(write_tree(tmp_path, tree(RULES.splitlines(keepends=True)[0]))).output


def test_a_tree_that_stands_elsewhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path / "b"
    write_tree(base / "policy", tree())
    assert f"no tree, but there is one below; next: doorward policy lint {base}/policy" in lint(base).stderr
    monkeypatch.chdir(base)
    assert "next: doorward policy lint policy\n" in lint(Path()).stderr
    (base / "policy").rename(base / "elsewhere")
    (base / ".doorward").mkdir()
    (base / "elsewhere").rename(base / ".doorward/policy")
    assert "next: doorward policy lint .doorward/policy\n" in lint(Path()).stderr
    file = lint(base / ".doorward/policy/models/access.conf")
    assert (file.exit_code, "it is a file; give the folder that holds models/ and policies/" in file.stderr) == (
        3,
        True,
    )


def test_codes_are_listed() -> None:
    said = CliRunner().invoke(main, ["policy", "lint", "--list"]).output
    assert [line.split()[:2] for line in said.splitlines()] == [[code.code, code.name] for code in CODES]
