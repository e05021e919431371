"""Whatever breaks the served folder: the last good policy goes on answering, and everyone is told where the fault is."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from e2e.test_reload_writers import Asker, by_rename, good_answer, good_tree, revision_of
from support.sidecars import Sidecar, Start, start_sidecar
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, write_tree

Break = Callable[[Path], object]


class Breakage(NamedTuple):
    """A way to break a good tree, and what the refusal must name."""

    name: str
    spoil: Break
    place: str
    message: str


def put(name: str, content: bytes) -> Break:
    return lambda root: (root / name).write_bytes(content)


def edit(name: str, change: Callable[[bytes], bytes]) -> Break:
    return lambda root: (root / name).write_bytes(change((root / name).read_bytes()))


def more(name: str, text: bytes) -> Break:
    return edit(name, lambda content: content + text)


def instead(make: Callable[[Path], object]) -> Break:
    """Put something else in the place of the directory file."""

    def spoil(root: Path) -> None:
        path = root / DIRECTORY
        path.unlink()
        make(path)

    return spoil


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket may have 107 bytes
        try:
            one.bind(path.name)
        finally:
            os.chdir(here)


def folder_of(path: Path) -> None:
    (path / "inner").mkdir(parents=True)
    (path / "inner/rules.yaml").write_text("{}\n")


LAST = 303  # the line after the last row of a good tree
HALF = b"<<<<<<< ours\n"
BREAKAGES = (
    Breakage(
        "half a file",
        edit(ACCESS_RULES, lambda content: content[: len(content) // 2]),
        ACCESS_RULES,
        "does not end with a newline",
    ),
    Breakage(
        "no newline at the end",
        edit(ACCESS_RULES, bytes.rstrip),
        f"{ACCESS_RULES}:{LAST - 1}",
        "does not end with a newline",
    ),
    Breakage(
        "unknown row type",
        more(ACCESS_RULES, b"pp, a, user:a, *, doc:1, view, True, deny\n"),
        f"{ACCESS_RULES}:{LAST}",
        "unknown row type 'pp'",
    ),
    Breakage(
        "roles in a circle",
        more(ACCESS_RULES, b"g, role:a, role:b, *\ng, role:b, role:a, *\n"),
        ACCESS_RULES,
        "in a circle",
    ),
    Breakage(
        "misspelt effect",
        more(ACCESS_RULES, b"p, a, user:a, *, doc:1, view, True, dney\n"),
        f"{ACCESS_RULES}:{LAST}",
        "allow or deny",
    ),
    Breakage(
        "condition that calls",
        more(ACCESS_RULES, b"p, a, user:a, *, doc:1, view, __import__('os').getcwd(), allow\n"),
        f"{ACCESS_RULES}:{LAST}",
        "condition",
    ),
    Breakage(
        "rule name twice",
        more(ACCESS_RULES, b"p, first, user:a, *, doc:1, view, True, allow\n"),
        f"{ACCESS_RULES}:{LAST}",
        "line 1",
    ),
    Breakage(
        "merge conflict",
        edit(ACCESS_RULES, lambda content: HALF + content + b"=======\n>>>>>>> theirs\n"),
        f"{ACCESS_RULES}:1",
        "row type",
    ),
    Breakage("huge line", more(ACCESS_RULES, b"p, " + b"x" * 2_000_000 + b"\n"), f"{ACCESS_RULES}:{LAST}", "fields"),
    Breakage(
        "not UTF-8",
        more(ACCESS_RULES, b"p, \xff, user:a, *, doc:1, view, True, allow\n"),
        f"{ACCESS_RULES}:{LAST}",
        "UTF-8",
    ),
    Breakage(
        "byte order mark",
        edit(ACCESS_RULES, lambda content: b"\xef\xbb\xbf" + content),
        f"{ACCESS_RULES}:1",
        "byte order mark",
    ),
    Breakage(
        "control character",
        more(ACCESS_RULES, b"p, a\x00b, user:a, *, doc:1, view, True, allow\n"),
        f"{ACCESS_RULES}:{LAST}",
        "control character",
    ),
    Breakage("empty rules", put(ACCESS_RULES, b""), ACCESS_RULES, "no rule at all"),
    Breakage("empty model", put(ACCESS_MODEL, b""), ACCESS_MODEL, "add it below"),
    Breakage("unknown section", more(ACCESS_MODEL, b"\n[policy_efect]\ne = x\n"), ACCESS_MODEL, "unknown section"),
    Breakage("no YAML", put(DIRECTORY, b"resources:\n  doc: [\n"), f"{DIRECTORY}:", "no YAML"),
    Breakage("key twice", more(DIRECTORY, b"resources: {}\n"), f"{DIRECTORY}:6", "stands in line 1 already"),
    Breakage("alias bomb", put(DIRECTORY, b"resources: &a [1]\nactions: *a\n"), f"{DIRECTORY}:1", "anchor"),
    Breakage("missing file", lambda root: (root / ACCESS_MODEL).unlink(), ACCESS_MODEL, "missing"),
    Breakage("unknown file", put("policies/access.csv.orig", b"x\n"), "policies/access.csv.orig", "unknown file"),
    Breakage(
        "name that is not UTF-8",
        lambda root: Path(os.fsdecode(os.fsencode(root / "policies") + b"/\xff.csv")).touch(),
        "policies/\\udcff.csv",
        "no plain text",
    ),
    Breakage(
        "name with a line break",
        put("policies/a\nINFO doorward.policy: serving policy", b""),
        "policies/a\\nINFO",
        "no plain text",
    ),
    Breakage("folder deleted", lambda root: shutil.rmtree(root / "policies"), ACCESS_RULES, "missing"),
    Breakage("root deleted", shutil.rmtree, ".", "empty tree"),
    Breakage("link out of the tree", instead(lambda path: path.symlink_to("/etc/hostname")), DIRECTORY, "leads out"),
    Breakage(
        "link to a folder", lambda root: (root / "policies/shared").symlink_to(".."), "policies/shared", "no plain file"
    ),
    Breakage("link to nothing", instead(lambda path: path.symlink_to("nowhere")), DIRECTORY, "cannot be read"),
    Breakage("link to itself", instead(lambda path: path.symlink_to(path.name)), DIRECTORY, "cannot be read"),
    Breakage("named pipe", instead(os.mkfifo), DIRECTORY, "no plain file"),
    Breakage("socket", instead(socket_at), DIRECTORY, "no plain file"),
    Breakage("folder for a file", instead(folder_of), f"{DIRECTORY}/inner", "unknown file"),
)


def mend(root: Path, number: int) -> None:
    """Make it tree NUMBER again, whatever it was."""
    root.mkdir(exist_ok=True)
    by_rename(root, good_tree(number))


def refusal(running: Sidecar, seconds: float = 5.0) -> tuple[str, str]:
    """Wait until a newer revision is refused; the place and the message of its first fault."""
    deadline = time.monotonic() + seconds
    while True:
        status = running.get("/v1/policy")
        if status["state"] == "stale":
            first = status["refused"]["problems"][0]  # type: ignore[index]
            return f"{first['path']}:{first['line']}" if first["line"] else first["path"], first["message"]
        assert time.monotonic() < deadline, "the broken tree was not refused"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sidecar, Path]]:
    base = tmp_path_factory.mktemp("breakages")
    root = write_tree(base / "policy", good_tree(1))
    running = start_sidecar(base / "state", "--policy", str(root))
    yield running, root
    running.stop()


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.name)
def test_a_broken_folder_changes_nothing_and_is_told(breakage: Breakage, served: tuple[Sidecar, Path]) -> None:
    running, root = served
    expected = (revision_of(good_tree(1)), good_answer(1))
    with Asker(running) as asker:
        assert asker.ask() == expected
        breakage.spoil(root)
        try:
            place, message = refusal(running)
            assert place.startswith(breakage.place)
            assert breakage.message in message
            assert asker.ask() == expected
            health = running.get("/readyz")
            assert (health["status"], health["stale"], health["revision"]) == ("ready", True, expected[0])
            assert str(health["reason"]).startswith(f"the newest policy is refused: {place}: {message}")
            assert "\ndoorward_policy_stale 1.0\n" in running.request("GET", "/metrics")[2].decode()
            assert f"still serving {expected[0]}: {breakage.place}" in running.log.read_text()
        finally:
            mend(root, 1)
        deadline = time.monotonic() + 5
        while running.get("/v1/policy")["state"] != "current":
            assert time.monotonic() < deadline, "the mended tree was not followed"
            time.sleep(0.01)
        assert asker.ask() == expected
    assert "\ndoorward_policy_stale 0.0\n" in running.request("GET", "/metrics")[2].decode()


def test_a_folder_that_is_never_quiet_is_said_to_be_so(sidecar: Start, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "policy", good_tree(1))
    running = sidecar("--policy", str(root))
    started = time.monotonic()
    while not running.get("/readyz")["stale"]:
        assert time.monotonic() - started < 30, "nobody was told"
        looked = time.monotonic()
        while time.monotonic() - looked < 0.5:
            (root / ACCESS_RULES).touch()
            time.sleep(0.002)
    assert "kept changing" in str(running.get("/readyz")["reason"])
    by_rename(root, good_tree(2))
    with Asker(running) as asker:
        asker.wait_for(good_tree(2), good_tree(1))
    assert running.get("/readyz")["stale"] is False
