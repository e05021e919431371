"""Takes the accepted commits along into a mirror that is made anew: nothing else may be left that holds them."""

import logging
from pathlib import Path
from typing import Final

from doorward.sources.git.command import Git, GitExceeded, GitFailed

_REFS: Final = "refs/doorward/accepted"
_SECONDS: Final = 120.0
_ID_DIGITS: Final = {"sha1": 40, "sha256": 64}
_log = logging.getLogger("doorward.policy")


def refuse_another_hash(old: Path, object_format: str) -> None:
    """Raise GitFailed where the accepted commits are named by another hash than the repository's now."""
    for _, commit in _accepted(old):
        if len(commit) != _ID_DIGITS[object_format]:
            raise GitFailed(
                f"the repository names objects by {object_format} now, and {commit}, which was accepted, is named by"
                f" another hash: it is another repository; to follow it, remove {old}"
            )


def keep_accepted(old: Path, new: Git, max_file_bytes: int) -> None:
    """Bring every accepted commit that can be read in the old mirror, and what led to it, into the new one.

    Of the old mirror the bare files are read: it may be damaged in any way.

    Raises:
        GitFailed: one of them would be lost.
    """
    for name, commit in _accepted(old):
        if _is_whole(new, commit) or _bring(old, new, commit, max_file_bytes):
            new.run("update-ref", f"{_REFS}/{name}", commit)
        else:
            _log.warning("the mirror %s has lost the commit %s, which was accepted", old, commit)


def _accepted(mirror: Path) -> list[tuple[str, str]]:
    """Names and commits."""
    files = [file for file in sorted((mirror / _REFS).glob("*")) if file.is_file()]
    read = [(file.name, file.read_text(errors="replace").strip()) for file in files]
    return [one for one in read if len(one[1]) in _ID_DIGITS.values() and set(one[1]) <= set("0123456789abcdef")]


def _bring(old: Path, new: Git, commit: str, max_file_bytes: int) -> bool:
    """Whether the old mirror has the commit; it is in the new one then. Raises GitFailed."""
    both = new.with_environment({"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(old.absolute() / "objects")})
    if not _is_whole(both, commit):
        return False
    try:
        try:
            _copy(both, new, ("--revs",), f"{commit}\n", max_file_bytes)
        except GitExceeded:
            raise
        except GitFailed:  # what led to it is damaged: the commit alone, which has no parents for the mirror then
            listed = both.run("rev-list", "--objects", "--no-walk", commit, seconds=_SECONDS).decode(errors="replace")
            _copy(
                both,
                new,
                (),
                "".join(f"{line[: len(commit)]}\n" for line in listed.split("\n") if line),
                max_file_bytes,
            )
            with (new.repository / "shallow").open("a") as shallow:
                shallow.write(f"{commit}\n")
        if _is_whole(new, commit):
            return True
        reason = "it is not there after it was copied"
    except GitFailed as error:
        reason = str(error)
    raise GitFailed(
        f"the mirror {old} is damaged, and {commit}, which was accepted, cannot be taken along to a new one ({reason});"
        f" see that there is room, or remove {old} to let that commit go"
    )


def _copy(both: Git, new: Git, options: tuple[str, ...], what: str, max_file_bytes: int) -> None:
    folder = new.repository / "objects" / "pack"
    command = ("pack-objects", "--quiet", *options, str(folder.absolute() / "pack"))
    name = both.run(*command, given=what.encode(), seconds=_SECONDS, max_file_bytes=max_file_bytes).decode().strip()
    pack = folder.absolute() / f"pack-{name}.pack"
    pack.with_suffix(".idx").unlink()  # it believes the old mirror's; now each object is named by what it is
    new.run("index-pack", str(pack), seconds=_SECONDS, max_file_bytes=max_file_bytes)


def _is_whole(git: Git, commit: str) -> bool:
    """Whether the commit is there with all its files. Raises GitFailed where git cannot tell."""
    try:
        git.run("rev-list", "--quiet", "--objects", "--no-walk", commit, seconds=_SECONDS)
    except GitFailed as error:
        if error.code is None or error.code < 0:
            raise
        return False
    return True


def _quoted(path: Path) -> str:
    """A path in a list of them, whatever signs it has."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
