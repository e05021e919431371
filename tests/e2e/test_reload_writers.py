"""However a policy folder is written, the sidecar follows it within a second, and never answers from half of it."""

import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

import pytest

from doorward.policy import Tree
from support.sidecars import Sidecar, Start, start_sidecar
from support.trees import ACCESS_RULES, DIRECTORY, tree, write_tree

Files = Mapping[str, bytes]
Write = Callable[[Path, Files], None]
DOCUMENTS = ("1", "2", "3")
HOLDS_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.03
_FILLER = "".join(f"p, filler-{number}, user:u{number}, *, doc:{number}, edit, True, allow\n" for number in range(300))


def good_tree(number: int) -> dict[str, bytes]:
    """Tree NUMBER: its first rule, its last rule and its directory only allow together.

    Alice may view doc:1 in odd trees, doc:2 in even ones, doc:3 in all: so each takes a right away,
    and whatever mixes two of them denies doc:3.
    """
    condition = f"r.ctx.resource.version == {number}"
    rules = (
        f"p, first, user:alice, *, doc:{1 if number % 2 else 2}, view, {condition}, allow\n{_FILLER}"
        f"p, last, user:alice, *, doc:3, view, {condition}, allow\n"
    )
    documents = "".join(f"    '{name}': {{version: {number}}}\n" for name in DOCUMENTS)
    return tree(rules=rules, directory=f"resources:\n  doc:\n{documents}")


def good_answer(number: int) -> tuple[bool, ...]:
    """What tree NUMBER says about the three documents."""
    return number % 2 == 1, number % 2 == 0, True


def revision_of(files: Files) -> str:
    """The name of a tree."""
    return Tree(files).revision


def body(*documents: str) -> bytes:
    """May alice view them? One question, or a batch."""
    resources: list[dict[str, object]] = [{"resource": {"type": "doc", "id": name}} for name in documents]
    which = resources[0] if len(resources) == 1 else {"evaluations": resources}
    return json.dumps({"subject": {"type": "user", "id": "alice"}, "action": {"name": "view"}, **which}).encode()


class Asker:
    """One kept-alive connection that asks about the three documents in one batch."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._headers = {"Authorization": f"Bearer {sidecar.key}", "Content-Type": "application/json"}
        self.connection = sidecar.connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def post(self, path: str, content: bytes) -> tuple[str, list[bool]]:
        """The revision and the decisions of an answer; anything but a 200 with a revision fails."""
        self.connection.request("POST", path, body=content, headers=self._headers)
        answer: http.client.HTTPResponse = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        said = json.loads(text)
        decisions = [one["decision"] for one in said.get("evaluations", [said])]
        return answer.headers["Doorward-Revision"], decisions

    def ask(self) -> tuple[str, tuple[bool, ...]]:
        """The revision and what it says about the three documents."""
        revision, decisions = self.post("/access/v1/evaluations", body(*DOCUMENTS))
        return revision, tuple(decisions)

    def wait_for(self, files: Files, *before: Files) -> float:
        """Ask until the tree is served. Seconds waited; answers from others than `before`, if there are any, fail."""
        wanted, allowed = revision_of(files), {revision_of(one) for one in before}
        started = time.monotonic()
        while True:
            revision, _ = self.ask()
            if revision == wanted:
                return time.monotonic() - started
            assert not allowed or revision in allowed
            assert time.monotonic() - started < PATIENCE_SECONDS, "the sidecar did not follow the change"
            time.sleep(0.002)


def tidy(root: Path, files: Files) -> None:
    """Remove what the tree does not have, and what stands in the place of its files but is no file."""
    for folder in ("models", "policies"):
        for path in sorted((root / folder).rglob("*"), reverse=True):
            name = path.relative_to(root).as_posix()
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif name not in files or path.is_symlink() or not path.is_file():
                path.unlink()
        (root / folder).mkdir(exist_ok=True, parents=True)


def changed(root: Path, files: Files) -> list[tuple[Path, bytes]]:
    tidy(root, files)
    places = ((root / name, content) for name, content in files.items())
    return [(path, content) for path, content in places if not path.exists() or path.read_bytes() != content]


def in_two_halves(root: Path, files: Files) -> None:
    for path, content in changed(root, files):
        half = content.index(b"\n", len(content) // 2) - 3  # inside a row: what stands there meanwhile does not load
        with path.open("wb") as file:
            file.write(content[:half])
            file.flush()
            time.sleep(_PAUSE_SECONDS)
            file.write(content[half:])


def by_rename(root: Path, files: Files) -> None:
    for path, content in changed(root, files):
        new = path.with_name(f".{path.name}.tmp")
        new.write_bytes(content)
        new.replace(path)


def delete_and_create(root: Path, files: Files) -> None:
    for path, content in changed(root, files):
        path.unlink(missing_ok=True)
        path.write_bytes(content)


def like_an_editor(root: Path, files: Files) -> None:
    """As vim does: a swap file, a probe, the old file renamed to a backup, the new one written, the backup removed."""
    for path, content in changed(root, files):
        swap, probe, backup = path.with_name(f".{path.name}.swp"), path.with_name("4913"), Path(f"{path}~")
        swap.write_bytes(b"swap")
        probe.touch()
        probe.unlink()
        if path.exists():
            path.rename(backup)
        path.write_bytes(content)
        backup.unlink(missing_ok=True)
        swap.unlink()


def like_git_checkout(root: Path, files: Files) -> None:
    """A real `git checkout`, from a repository beside the folder."""
    repository, staging = root.with_name(f"{root.name}.git"), root.with_name(f"{root.name}.staging")
    environment = {**os.environ, "GIT_DIR": str(repository), "GIT_CONFIG_GLOBAL": os.devnull}

    def git(work_tree: Path, *arguments: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments]
        subprocess.run(command, env={**environment, "GIT_WORK_TREE": str(work_tree)}, check=True, capture_output=True)

    if not repository.exists():
        git(staging, "init", "--quiet")
    write_tree(staging, files)
    git(staging, "add", "--all")
    git(staging, "commit", "--quiet", "--allow-empty", "--message", "edit")
    tidy(root, files)
    git(root, "checkout", "--quiet", "--force", "--detach", "HEAD")


def swap_the_two_folders(root: Path, files: Files) -> None:
    new = write_tree(root / ".new", files)
    for folder in ("models", "policies"):
        if (root / folder).exists():
            (root / folder).rename(root / f".old-{folder}")
        (new / folder).rename(root / folder)
        shutil.rmtree(root / f".old-{folder}", ignore_errors=True)


def swap_the_root(root: Path, files: Files) -> None:
    new, old = write_tree(root.with_name("new"), files), root.with_name("old")
    if root.exists():
        root.rename(old)
    new.rename(root)
    shutil.rmtree(old, ignore_errors=True)


WRITERS: tuple[Write, ...] = (
    in_two_halves, by_rename, delete_and_create, like_an_editor, like_git_checkout, swap_the_two_folders, swap_the_root
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sidecar, Path]]:
    base = tmp_path_factory.mktemp("writers")
    root = write_tree(base / "policy", good_tree(1))
    running = start_sidecar(base / "state", "--policy", str(root))
    yield running, root
    running.stop()


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.replace("_", " "))
def test_a_change_is_followed_however_it_is_written(write: Write, served: tuple[Sidecar, Path]) -> None:
    running, root = served
    by_rename(root, good_tree(1))
    with Asker(running) as asker:
        asker.wait_for(good_tree(1))
        for number in (2, 3):
            write(root, good_tree(number))
            waited = asker.wait_for(good_tree(number), good_tree(number - 1))
            assert asker.ask() == (revision_of(good_tree(number)), good_answer(number))
            assert waited < HOLDS_SECONDS


def point_at(link: Path, target: str) -> None:
    new = link.with_name(f"{link.name}.new")
    new.symlink_to(target)
    new.replace(link)


def test_a_link_to_the_folder_that_is_pointed_elsewhere_is_followed(sidecar: Start, tmp_path: Path) -> None:
    for number in (1, 2):
        write_tree(tmp_path / f"release-{number}", good_tree(number))
    point_at(tmp_path / "current", "release-1")
    with Asker(sidecar("--policy", str(tmp_path / "current"))) as asker:
        point_at(tmp_path / "current", "release-2")
        assert asker.wait_for(good_tree(2), good_tree(1)) < HOLDS_SECONDS
        write_tree(tmp_path / "release-2", good_tree(3))
        assert asker.wait_for(good_tree(3), good_tree(2)) < HOLDS_SECONDS


def test_a_mounted_config_map_is_followed(sidecar: Start, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "policy", {"models/access.conf": good_tree(1)["models/access.conf"]})
    policies = root / "policies"
    for number in (1, 2):
        mounted = {Path(name).name: good_tree(number)[name] for name in (ACCESS_RULES, DIRECTORY)}
        write_tree(policies / f"..version-{number}", mounted)
    point_at(policies / "..data", "..version-1")
    for name in (ACCESS_RULES, DIRECTORY):
        (root / name).symlink_to(f"..data/{Path(name).name}")
    with Asker(sidecar("--policy", str(root))) as asker:
        assert asker.ask() == (revision_of(good_tree(1)), good_answer(1))
        point_at(policies / "..data", "..version-2")
        assert asker.wait_for(good_tree(2), good_tree(1)) < HOLDS_SECONDS
