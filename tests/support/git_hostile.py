"""Repositories that want to harm whoever fetches them. Each leaves a canary file if anything of it is run."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support.git_repositories import Repository
from support.trees import ACCESS_RULES, DIRECTORY, tree

FILES = tree()
Build = Callable[[Repository, Path], object]
_HOOKS = ("post-checkout", "post-merge", "pre-receive", "update", "post-update", "reference-transaction", "pre-commit",
          "post-index-change", "fsmonitor-watchman", "pre-auto-gc", "post-rewrite", "proc-receive")  # fmt: skip


class Hostile(NamedTuple):
    """How it is made, and what is said of it; empty where it is harmless, and so served."""

    name: str
    build: Build
    refusal: str


def _program(path: Path, canary: Path) -> str:
    path.write_text(f"#!/bin/sh\necho run > '{canary}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _hooks(repository: Repository, canary: Path) -> None:
    (repository.path / "hooks").mkdir(exist_ok=True)
    for name in _HOOKS:
        _program(repository.path / "hooks" / name, canary)
    repository.commit({**FILES, "hooks/post-checkout": b"#!/bin/sh\n"})


def _settings(repository: Repository, canary: Path) -> None:
    repository.commit({**FILES, ".gitattributes": b"* filter=evil diff=evil merge=evil text eol=crlf ident\n"})
    program = _program(repository.path / "evil", canary)
    for name in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy",
        "core.alternateRefsCommand", "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.command",
        "diff.evil.textconv", "merge.evil.driver", "gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand",
        "uploadpack.packObjectsHook", "credential.helper", "interactive.diffFilter", "alias.upload-pack", "alias.fetch",
        "remote.origin.uploadpack", "url.ext::evil.insteadOf", "pager.ls-tree", "man.evil.cmd", "sequence.editor",
    ):  # fmt: skip
        repository.git("config", name, program)
    repository.git("config", "core.hooksPath", str(repository.path))


def _alternates(repository: Repository, _canary: Path) -> None:
    repository.commit(FILES)
    (repository.path / "objects/info").mkdir(exist_ok=True)
    alternates = f"{repository.path}/objects\n/etc\n/proc/self\n\n#\n../objects\n/dev/zero\n"
    (repository.path / "objects/info/alternates").write_text(alternates)


def _pipe(name: str) -> Build:
    def build(repository: Repository, _canary: Path) -> None:
        repository.commit(FILES)
        path = repository.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return build


def _replaced(repository: Repository, _canary: Path) -> None:
    good = repository.commit(FILES)
    evil = repository.commit_tree(repository.tree(tree(rules="p, all, *, *, *, *, True, allow\n")))
    repository.git("update-ref", f"refs/replace/{good}", evil)
    blob = repository.git("rev-parse", f"{good}:{ACCESS_RULES}")
    repository.git("update-ref", f"refs/replace/{blob}", repository.git("rev-parse", f"{evil}:{ACCESS_RULES}"))


def _entry(mode: str, path: str, content: bytes = b"\n", *, instead: str = "") -> Build:
    """A good tree with one more entry, or one in the place of what stands at `instead`."""

    def build(repository: Repository, _canary: Path) -> None:
        plain = [
            ("100644", repository.blob(text), name)
            for name, text in FILES.items()
            if not instead or not name.startswith(instead)
        ]
        target = "1" * 40 if mode == "160000" else repository.blob(content)
        repository.point(repository.commit_tree(repository.tree_of([*plain, (mode, target, path)])))

    return build


def _files(*more: tuple[str, bytes]) -> Build:
    return lambda repository, _canary: repository.commit({**FILES, **dict(more)})


def raw_tree(repository: Repository, entries: list[tuple[bytes, bytes, str]]) -> str:
    """A tree that git itself would not make: mode, name, object."""
    content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(object_id) for mode, name, object_id in entries)
    return repository.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=content)


def _raw_name(name: bytes) -> Build:
    """A file below policies/ of a name that git itself refuses to add."""

    def build(repository: Repository, _canary: Path) -> None:
        blob = repository.blob(b"\n")
        names = sorted([name, b"access.csv"])
        policies = raw_tree(
            repository,
            [(b"100644", one, repository.blob(FILES[ACCESS_RULES]) if one == b"access.csv" else blob) for one in names],
        )
        models = repository.tree_of([("100644", repository.blob(FILES["models/access.conf"]), "access.conf")])
        root = raw_tree(repository, [(b"40000", b"models", models), (b"40000", b"policies", policies)])
        repository.point(repository.commit_tree(root))

    return build


def _many_files(repository: Repository, _canary: Path) -> None:
    blob = repository.blob(b"\n")
    entries = [("100644", repository.blob(content), name) for name, content in FILES.items()]
    entries += [("100644", blob, f"policies/tests/{number}.yaml") for number in range(10_000)]
    repository.point(repository.commit_tree(repository.tree_of(entries)))


def _deep(repository: Repository, _canary: Path) -> None:
    tree_id = repository.tree({"access.csv": b"\n"})
    for _ in range(400):
        tree_id = raw_tree(repository, [(b"40000", b"d", tree_id)])
    models = repository.tree_of([("100644", repository.blob(FILES["models/access.conf"]), "access.conf")])
    root = raw_tree(repository, [(b"40000", b"models", models), (b"40000", b"policies", tree_id)])
    repository.point(repository.commit_tree(root))


def _bomb(leaf: bytes | None) -> Build:
    """Ten folders in ten folders in ten folders ...: small to fetch, without end to walk."""

    def build(repository: Repository, _canary: Path) -> None:
        blob = repository.blob(b"\n")
        tree_id = raw_tree(repository, [] if leaf is None else [(b"100644", leaf, blob)])
        for _ in range(10):
            tree_id = raw_tree(repository, [(b"40000", b"%d" % number, tree_id) for number in range(10)])
        root = raw_tree(repository, [(b"40000", b"models", tree_id), (b"40000", b"policies", tree_id)])
        repository.point(repository.commit_tree(root))

    return build


_GITMODULES = b'[submodule "x"]\n\tpath = -u./evil\n\turl = -u./evil\n\tupdate = !./evil\n'
_LARGE = 100 << 20

HOSTILE = [
    Hostile("hooks", _hooks, ""),
    Hostile("filters, fsmonitor and every other program that can be set", _settings, ""),
    Hostile("alternates", _alternates, ""),
    Hostile("replaced objects", _replaced, ""),
    Hostile("a pipe for its HEAD", _pipe("HEAD"), "git ls-remote"),
    Hostile("a pipe for its settings", _pipe("config"), "git ls-remote"),
    Hostile("a pipe for its refs", _pipe("packed-refs"), "git ls-remote"),
    Hostile("a pipe for its branch", _pipe("refs/heads/main"), "git ls-remote"),
    Hostile("a pipe for its alternates", _pipe("objects/info/alternates"), "git "),
    Hostile("a submodule in policies", _entry("160000", "policies/more"), "policies/more: is a submodule"),
    Hostile("submodules that want to be options", _files((".gitmodules", _GITMODULES)), "gitmodules"),
    Hostile(".gitmodules that is a link", _entry("120000", ".gitmodules", b"/etc/passwd"), ""),
    Hostile("a link out", _entry("120000", ACCESS_RULES, b"/etc/passwd", instead=ACCESS_RULES), "policies/access.csv: is a symbolic link"),
    Hostile("a link inside", _entry("120000", "policies/other.csv", b"access.csv"), "policies/other.csv: is a symbolic link"),
    Hostile("a link for a folder", _entry("120000", "policies", b"/etc", instead="policies/"), "policies: is a symbolic link"),
    Hostile("a submodule for a folder", _entry("160000", "policies", instead="policies/"), "policies: is a submodule"),
    Hostile("names that differ in case", _files(("policies/Access.csv", b"\n")), "access.csv differs? from|differs from policies/Access.csv"),
    Hostile("folders that differ in case", _files(("policies/a/x.csv", b"\n"), ("policies/A/y.csv", b"\n")), "policies/a: differs from policies/A"),
    Hostile("10,000 files", _many_files, "more than 1000 files"),
    Hostile("a file of 100 MB", _files((DIRECTORY, b"#" * _LARGE)), "policies/directory.yaml: larger than 1 MiB"),
    Hostile("100 MB beside the policy", _files(("noise", b"\0" * _LARGE)), ""),
    Hostile("folders 400 deep", _deep, "a path of more than 300 characters"),
    Hostile("a bomb of folders", _bomb(None), "more than 1000 files"),
    Hostile("a bomb of files", _bomb(b"x.csv"), "more than 1000 files"),
    Hostile("control characters", _files(("policies/a\x1b[2J\nb.csv", b"\n")), r"policies/a\\x1b\[2J\\nb.csv: a name that is no plain text"),
    Hostile("names that are no UTF-8", _files(("policies/\udcff\udcfe.csv", b"\n")), r"a name that is no plain text"),
    Hostile("a folder up", _raw_name(b".."), "hasDotdot"),
    Hostile("a folder .git", _raw_name(b".GIT"), "hasDotgit"),
    Hostile("a name with a slash", _raw_name(b"../../evil"), "fullPathname|contains full pathnames"),
]  # fmt: skip
