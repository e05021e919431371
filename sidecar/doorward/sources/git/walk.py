"""The trees of a commit, each of which is what its name says: a damaged or forged object store shows nothing else."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.sources.git.command import Git, GitFailed

TREE: Final = "040000"
_SECONDS: Final = 10.0
_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TYPE_BITS: Final = 0o170000
_FILE_BITS: Final = 0o100000
_MODES: Final = {0o040000: TREE, 0o120000: "120000"}

Named = tuple[str, str]
"""Mode and object id."""


def object_id(kind: str, content: bytes, digits: int) -> str:
    """What git names an object: SHA-1 (40 digits) or SHA-256 (64) of kind, length and content."""
    start = f"{kind} {len(content)}\0".encode()
    if digits == hashlib.sha256().digest_size * 2:
        return hashlib.sha256(start + content).hexdigest()
    digest = hashlib.sha1(start, usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


class Trees:
    """Trees of one commit, read at once and verified."""

    def __init__(self, git: Git, commit: str, more: Sequence[str]) -> None:
        """The root tree is read, and `more`: named by id, or as COMMIT:PATH where that may be none.

        `commit` is its id, or a name for it that is trusted.

        Raises:
            GitFailed: the commit or a tree is not what its name says; GitExceeded where they are too large.
        """
        asked = [commit, f"{commit}^{{tree}}", *more]
        printed = git.run("cat-file", "--batch", given="\n".join([*asked, ""]).encode(), seconds=_SECONDS)
        self._trees: dict[str, bytes] = {}
        self._digits = 0
        self.root = ""
        place = 0
        for name in asked:
            end = printed.find(b"\n", place)
            about = printed[place:end].decode(errors="replace").split(" ")
            place = end + 1
            if about[-1] == "missing":
                continue
            found, kind, size = about
            content = printed[place : place + int(size)]
            place += int(size) + 1
            wanted = found if name != commit or not _ID.fullmatch(commit) else commit
            if object_id(kind, content, len(found)) != wanted or kind != ("commit" if name == commit else "tree"):
                raise _damaged(name)
            if name == commit:
                self._digits = len(found)
                self.root = content[len("tree ") : len("tree ") + self._digits].decode(errors="replace")
            else:
                self._trees[found] = content

    def below(self, top: str, names: Sequence[bytes]) -> dict[bytes, Named]:
        """All that stands in a tree at these names and below them, trees too, by path.

        Raises:
            GitFailed: one of its trees was not read.
            PolicyInvalid: a name stands in a tree twice.
        """
        found = {name: named for name, named in self.entries(top).items() if name in names}
        waiting = [path for path, (mode, _) in found.items() if mode == TREE]
        while waiting:
            folder = waiting.pop()
            for name, named in self.entries(found[folder][1], folder).items():
                path = folder + b"/" + name
                found[path] = named
                if named[0] == TREE:
                    waiting.append(path)
        return found

    def entries(self, tree: str, shown: bytes = b"") -> dict[bytes, Named]:
        """What stands in a tree, by name. Raises as `below`."""
        content = self._trees.get(tree)
        if content is None:
            raise _damaged(tree)
        entries: dict[bytes, Named] = {}
        place = 0
        while place < len(content):
            end = content.find(b"\0", place)
            mode, _, name = content[place:end].partition(b" ")
            place = end + 1 + self._digits // 2
            if end < 0 or place > len(content) or not mode.isdigit():
                raise _damaged(tree)
            if name in entries:
                path = (shown + b"/" + name).lstrip(b"/").decode(errors="replace")
                message = "the name stands in its folder twice; remove one of them"
                raise PolicyInvalid(
                    [Problem(path=path if path.isprintable() else ascii(path), line=0, message=message)]
                )
            entries[name] = (_as_git_shows(int(mode, 8)), content[end + 1 : place].hex())
        return entries


def _as_git_shows(mode: int) -> str:
    if mode & _TYPE_BITS == _FILE_BITS:
        return "100755" if mode & 0o100 else "100644"
    return _MODES.get(mode & _TYPE_BITS, "160000")


def _damaged(name: str) -> GitFailed:
    return GitFailed(f"the mirror is damaged: git shows another object for {name}, or none")
