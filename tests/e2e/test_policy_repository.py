"""What `doorward init` makes: pushed as it is, cloned elsewhere, and guarded by its hook and its pipelines."""

import os
import re
import shlex
import subprocess
import sys
import venv
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from doorward.sources import make_policy_repository
from support.sidecars import doorward_command
from support.trees import ACCESS_RULES, ROOT

BIN = Path(sys.executable).parent
TESTS = "policies/tests/access.yaml"
GOOD = "p, viewers-view-tools, role:viewer, *, tools:*, view, True, allow\n"
BROKEN = "p, viewers-view-tools, role:viewer, *, tools:*, view, True, Allow\n"
TOO_WIDE = "p, viewers-delete-agents, role:viewer, *, agents:*, delete, True, allow\n"


def run(
    folder: Path, command: str, environment: Mapping[str, str] | None = None, *, path: str = ""
) -> subprocess.CompletedProcess[str]:
    """A line of shell with git settings of a person who has none, and `doorward` of this environment on the path."""
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DOORWARD_"))},
        "HOME": str(folder),
        "PATH": path or f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com",
        **(environment or {}),
    }  # fmt: skip
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False
    )


def must(folder: Path, command: str) -> str:
    ended = run(folder, command)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def doorward(*arguments: str) -> str:
    return shlex.join(doorward_command(*arguments))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of what `doorward init` made and somebody pushed, with the hook switched on as the README says."""
    must(tmp_path, doorward("init", "made"))
    must(tmp_path, "git init --quiet --bare --initial-branch main pushed.git")
    must(tmp_path / "made", f"git push --quiet file://{tmp_path}/pushed.git main")
    must(tmp_path, f"git clone --quiet file://{tmp_path}/pushed.git clone")
    folder = tmp_path / "clone"
    (line,) = re.findall(r"^git config .*$", (folder / "README.md").read_text(), re.MULTILINE)
    must(folder, line)
    return folder


def append(folder: Path, name: str, text: str) -> None:
    with (folder / name).open("a") as file:
        file.write(text)


def test_the_first_commit_is_complete_and_the_hook_is_on(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    written = make_policy_repository(folder)
    assert must(folder, "git ls-files").split() == written
    assert (
        must(folder, "git log --format='%an %ae %s'")
        == "Doorward doorward@localhost Start from Doorward's default policy\n"
    )
    assert must(folder, "git status --porcelain --ignored") == ""
    assert must(folder, "git symbolic-ref --short HEAD") == "main\n"
    assert must(folder, "git config core.hooksPath") == ".githooks\n"
    assert must(folder, "git ls-files --stage .githooks/pre-commit").startswith("100755 ")
    assert os.access(folder / ".githooks/pre-commit", os.X_OK)
    assert written == sorted(written)
    assert {".gitattributes", ".gitignore", ".github/workflows/policy.yml", ".gitlab-ci.yml", "README.md", TESTS} < set(
        written
    )


def test_the_readme_says_what_each_file_is(tmp_path: Path) -> None:
    written = make_policy_repository(tmp_path / "policy")
    rows = re.findall(r"^\| (`.*?) \| ", (tmp_path / "policy/README.md").read_text(), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert [path for path in written if not any(fnmatch(path, name) for name in named)] == ["README.md"]
    assert [name for name in named if not any(fnmatch(path, name) for path in written)] == []


def test_what_a_sidecar_keeps_in_the_folder_is_not_committed(tmp_path: Path) -> None:
    make_policy_repository(tmp_path / "policy")
    (tmp_path / "policy/.doorward").mkdir()
    (tmp_path / "policy/.doorward/admin.key").write_text("secret")
    assert must(tmp_path / "policy", "git status --porcelain") == ""


def test_the_commands_of_the_readme_run(clone: Path) -> None:
    commands = re.findall(r"^ *(doorward (?:policy|check) [^#\n]*)", (clone / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        must(clone, command)


def test_a_good_edit_is_committed_and_pushed(clone: Path) -> None:
    append(clone, ACCESS_RULES, GOOD)
    said = run(clone, "git commit --quiet --all --message 'Let viewers view tools' && git push --quiet")
    assert said.returncode == 0, said.stderr
    assert must(clone, "git log --format=%s -1 origin/main") == "Let viewers view tools\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param(
            BROKEN,
            "policies/access.csv:8: error DW003 invalid-row: effect must be allow or deny",
            id="what does not load",
        ),
        pytest.param(
            TOO_WIDE, "FAILED  viewers look and do not touch  policies/tests/access.yaml:4", id="what breaks a promise"
        ),
    ],
)
def test_a_bad_edit_is_stopped_at_the_commit(row: str, told: str, clone: Path) -> None:
    append(clone, ACCESS_RULES, row)
    said = run(clone, "git commit --quiet --all --message bad")
    assert said.returncode != 0
    assert told in said.stdout + said.stderr
    assert must(clone, "git rev-list --count HEAD") == "1\n"


def test_a_test_file_that_cannot_be_read_is_stopped(clone: Path) -> None:
    append(clone, TESTS, "  - name: a\n    subjects: user:a\n")
    said = run(clone, "git commit --quiet --all --message bad")
    assert said.returncode != 0
    assert f"{TESTS}:" in said.stderr


def test_what_is_staged_counts_and_not_what_lies_in_the_folder(clone: Path) -> None:
    append(clone, ACCESS_RULES, BROKEN)
    must(clone, "git add --all")
    must(clone, "git show HEAD:policies/access.csv > policies/access.csv")
    assert run(clone, "git commit --quiet --message 'staged bad, folder good'").returncode != 0
    must(clone, "git reset --quiet --hard")
    append(clone, ACCESS_RULES, GOOD)
    must(clone, "git add --all")
    append(clone, ACCESS_RULES, BROKEN)
    must(clone, "git commit --quiet --message 'staged good, folder bad'")


def test_a_commit_of_one_file_is_checked_as_it_will_be(clone: Path) -> None:
    append(clone, ACCESS_RULES, BROKEN)
    must(clone, "git add --all")
    append(clone, "README.md", "more\n")
    must(clone, "git commit --quiet --message 'the page alone' README.md")
    assert must(clone, "git show --format= --name-only HEAD") == "README.md\n"


def test_an_empty_tree_is_stopped(clone: Path) -> None:
    assert run(clone, "git rm --quiet -r models policies && git commit --quiet --message none").returncode != 0


def test_the_hook_leaves_nothing_behind(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    append(clone, ACCESS_RULES, BROKEN)
    run(clone, "git commit --quiet --all --message bad", {"TMPDIR": str(tmp_path / "temporary")})
    assert list((tmp_path / "temporary").iterdir()) == []


def test_without_doorward_the_hook_says_what_to_do(clone: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "sh"):
        (programs / name).symlink_to(must(tmp_path, f"command -v {name}").strip())
    append(clone, ACCESS_RULES, GOOD)
    said = run(clone, "git commit --quiet --all --message good", path=str(programs))
    assert said.returncode != 0
    assert "doorward is not installed" in said.stderr
    assert "next: pip install doorward" in said.stderr


def test_a_failure_of_git_leaves_no_half_a_repository(tmp_path: Path) -> None:
    real = must(tmp_path, "command -v git").strip()
    failing = tmp_path / "git"
    failing.write_text(
        f'#!/bin/sh\ncase "$*" in *\' commit \'*) echo broken disk >&2; exit 1;; esac\nexec {real} "$@"\n'
    )
    failing.chmod(0o755)
    said = run(tmp_path, doorward("init", "policy"), path=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert said.returncode == 5
    assert "no policy repository could be made in policy: git commit failed: broken disk" in said.stderr
    assert not (tmp_path / "policy").exists()


WORKFLOW = ".github/workflows/policy.yml"


def steps_of(folder: Path) -> dict[str, list[str]]:
    """The commands of each pipeline, as they are shipped."""
    github = yaml.safe_load((folder / WORKFLOW).read_text())
    gitlab = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    return {
        "github": [step["run"] for step in github["jobs"]["policy"]["steps"] if "run" in step],
        "gitlab": gitlab["policy"]["script"],
    }


def test_the_workflow_may_read_and_nothing_else(tmp_path: Path) -> None:
    make_policy_repository(tmp_path / "policy")
    workflow = yaml.safe_load((tmp_path / "policy" / WORKFLOW).read_text())
    assert workflow["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in workflow["jobs"]["policy"]["steps"] if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@v\d+", one)] == []


@pytest.fixture(scope="module")
def clean_machine(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment without Doorward, and where pip finds the wheels of this checkout."""
    wheels = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("machine")
    for source in (ROOT, ROOT / "sdk"):
        next(wheels.WheelBuilder(str(source)).build(directory=str(folder / "wheels"), versions=["standard"]))
    venv.create(folder / "venv", with_pip=True)
    return {
        "PATH": f"{folder}/venv/bin{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin",
        "VIRTUAL_ENV": f"{folder}/venv",
        "PIP_RETRIES": "1",
        "PIP_FIND_LINKS": f"{folder}/wheels {os.environ.get('PIP_FIND_LINKS', '')}".strip(),
    }


def test_the_pipelines_commands_run_as_they_are_written(clean_machine: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    make_policy_repository(folder)
    steps = steps_of(folder)
    for command in dict.fromkeys([*steps["github"], *steps["gitlab"]]):
        ended = run(folder, command, clean_machine)
        if re.search("name resolution|new connection", ended.stderr):
            pytest.skip("pip reaches no package index")
        assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    install, *checks = steps["github"]
    assert install == "pip install doorward" == steps["gitlab"][0]
    append(folder, ACCESS_RULES, TOO_WIDE)
    assert [run(folder, command, clean_machine).returncode for command in checks] == [0, 4]
    append(folder, ACCESS_RULES, BROKEN)
    ended = [run(folder, command, clean_machine) for command in checks]
    assert [one.returncode for one in ended] == [3, 3]
    assert "::error file=policies/access.csv,line=9," in ended[0].stdout
