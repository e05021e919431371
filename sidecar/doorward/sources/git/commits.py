"""Commits made of files in memory: no work tree, no index of anybody's, no hook and no filter takes part."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from doorward.domain.policy_changes import Files, Logged, Note
from doorward.sources.git.command import Git, GitFailed

COMMITTER: Final = "Doorward"
EMAIL: Final = "doorward@localhost"
_NO: Final = {1, 128}
"""How git ends where the answer is no, or there is no such commit; anything else is not knowing."""
_REASON: Final = "Reason"
_REVISION: Final = "Doorward-Revision"
_PLAIN: Final = "100644"
_TRAILERS: Final = tuple(f"%(trailers:key={key},valueonly,separator=%x20)" for key in (_REASON, _REVISION))
_FIELDS: Final = ("%H", "%an", "%ct", "%s", *_TRAILERS)

_FORMAT: Final = "--format=" + "%x00".join(_FIELDS)
_PLAINLY: Final = ("--no-show-signature", "--no-decorate", "--no-color")
_DURABLE: Final = ("core.fsync=committed,reference", "core.fsyncMethod=fsync", "i18n.commitEncoding=UTF-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a commit is made of: the one it stands on, and files by their paths from the repository's root."""

    parent: str
    files: Mapping[str, bytes | None]
    note: Note
    revision: str | None = None


def changed_files(before: Files, after: Files, folder: str) -> dict[str, bytes | None]:
    """The files that differ, by their paths from the root; None where one is gone."""
    prefix = f"{folder}/" if folder else ""
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return {prefix + path: after.get(path) for path in paths}


def commit_settings(signing_key: Path | None) -> tuple[str, ...]:
    """Settings of a `Git` that commits: what was acknowledged is on the disk, and signed where there is a key."""
    if signing_key is None:
        return _DURABLE
    return (*_DURABLE, "gpg.format=ssh", f"user.signingKey={signing_key.absolute()}")


def make_commit(git: Git, change: Change, *, signed: bool = False) -> str:
    """Write the commit and return its id. No branch leads to it yet. Raises GitFailed."""
    modes = _modes(git, change.parent, list(change.files))
    entries = []
    for path, content in change.files.items():
        blob = "0" * len(change.parent)
        if content is not None:
            blob = _line(git.run("hash-object", "-w", "--no-filters", "--stdin", given=content))
        entries.append(f"{modes.get(path, _PLAIN) if content is not None else 0} {blob}\t{path}\0")
    with tempfile.TemporaryDirectory(prefix="doorward-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", change.parent, environment=index)
        git.run("update-index", "-z", "--index-info", given="".join(entries).encode(), environment=index)
        tree = _line(git.run("write-tree", environment=index))
    command = ("commit-tree", tree, "-p", change.parent, *(["-S"] if signed else []), "-F", "-")
    return _line(git.run(*command, given=_message(change).encode(), environment=_people(change.note)))


def log(git: Git, start: str, *, skip: int, count: int) -> list[Logged]:
    """Commits from one backwards, along first parents, the newest first."""
    pages = (f"--skip={skip}", f"--max-count={count}")
    return _all_logged(git.run("log", "-z", *_PLAINLY, "--first-parent", *pages, _FORMAT, start, "--"))


def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Whether a commit led to another, or is it. Raises GitFailed where that cannot be told."""
    try:
        git.run("merge-base", "--is-ancestor", older, newer)
    except GitFailed as error:
        if error.code not in _NO:
            raise
        return False
    return True


def commit_of(git: Git, name: str) -> str | None:
    """The commit that a name stands for, or None. Raises GitFailed where that cannot be told."""
    try:
        return _line(git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"))
    except GitFailed as error:
        if error.code not in _NO:
            raise
        return None


def blobs_of(git: Git, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """The ids of files at a commit, by path; without those that are not there."""
    return {path: blob for path, (_, blob) in _listed(git, commit, paths).items()}


def open_proposals(git: Git, prefix: str, tip: str) -> list[Logged]:
    """The proposals below a prefix of refs that `tip` does not hold, the newest first."""
    form = "--format=%(objectname) %(refname)"
    printed = git.run("for-each-ref", form, "--sort=-committerdate", f"--no-merged={tip}", prefix)
    refs = [line.split(" ", 1) for line in printed.decode(errors="replace").splitlines()]
    if not refs:
        return []
    commits = "".join(f"{commit}\n" for commit, _ in refs).encode()
    printed = git.run("log", "-z", *_PLAINLY, "--no-walk=unsorted", _FORMAT, "--stdin", given=commits)
    known = {one.commit: one for one in _all_logged(printed)}
    return [replace(known[commit], branch="doorward/" + ref.removeprefix(prefix)) for commit, ref in refs]


def proposal_branch(note: Note, commit: str) -> str:
    """The branch of a proposal: what it is about, and a few digits that tell it from others."""
    slug = "-".join(
        "".join(mark if mark.isalnum() and mark.isascii() else " " for mark in note.subject.lower()).split()
    )
    return f"doorward/{slug[:60]}-{commit[:10]}"


def _all_logged(printed: bytes) -> list[Logged]:
    fields = printed.decode(errors="replace").split("\0")
    size = len(_FIELDS)
    return [_logged(fields[at : at + size]) for at in range(0, len(fields) - size + 1, size)]


def _logged(fields: Sequence[str]) -> Logged:
    commit, author, time, subject, reason, revision = fields
    return Logged(
        commit=commit,
        author=author,
        time=float(time),
        subject=subject,
        reason=reason,
        revision=revision.strip() or None,
    )


def _message(change: Change) -> str:
    trailers = [f"{_REASON}: {change.note.reason}"] if change.note.reason else []
    if change.revision is not None:
        trailers.append(f"{_REVISION}: {change.revision}")
    return "\n".join([change.note.subject, *([""] if trailers else []), *trailers]) + "\n"


def _people(note: Note) -> dict[str, str]:
    return {
        "GIT_AUTHOR_NAME": note.author,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": COMMITTER,
        "GIT_COMMITTER_EMAIL": EMAIL,
    }


def _modes(git: Git, commit: str, paths: Sequence[str]) -> dict[str, str]:
    return {path: mode for path, (mode, _) in _listed(git, commit, paths).items()}


def _listed(git: Git, commit: str, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    printed = git.run("ls-tree", "-z", "--full-tree", commit, "--", *paths).decode(errors="surrogateescape")
    found = {}
    for line in printed.split("\0")[:-1]:
        about, _, path = line.partition("\t")
        mode, _, blob = about.split(" ")
        found[path] = mode, blob
    return found


def _line(printed: bytes) -> str:
    return printed.decode().strip()
