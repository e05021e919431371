"""The policy files of a commit, read from the object store: listed and bounded first, never checked out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.sources.git.command import Git, GitExceeded, GitFailed
from doorward.sources.git.walk import TREE, Named, Trees, object_id
from doorward.sources.noise import is_noise

__all__ = ["MAX_BYTES", "MaxBytes", "object_id", "read_tree"]

READ_SECONDS: Final = 4.0
BLOBS_SECONDS: Final = 30.0
MAX_FILES: Final = 1_000
MAX_BYTES: Final = 300 << 20
_FOLDERS: Final = ("models", "policies")
_PLAIN: Final = ("100644", "100755")
_TREE: Final = b"040000 tree "
_KINDS: Final = {"120000": "a symbolic link", "160000": "a submodule"}
_LONGEST_PATH: Final = 300
_LONGEST_LIST: Final = 4 << 20
_HEADER_BYTES: Final = 100

MaxBytes = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    object_id: str
    size: int  # of what is no file: 0
    path: str


def read_tree(git: Git, commit: str, folder: str, max_bytes: MaxBytes) -> dict[str, bytes]:
    """The files of models/ and policies/ below `folder` at a commit, by path relative to the folder.

    Names that begin with a dot are left out, as a directory's are.

    Raises:
        PolicyInvalid: something in them is no plain file, or too large, or too many; no file was read then.
        GitFailed: the repository is damaged: a commit, tree or file in it is not what its name says.
    """
    entries = list(_listed(git, commit, folder))
    found = ((entry.path, _fault(entry, max_bytes)) for entry in entries)
    faults = [Problem(path=_shown(path), line=0, message=fault) for path, fault in found if fault]
    faults += [] if faults else _twins(entries)
    if sum(entry.size for entry in entries) > MAX_BYTES:
        message = f"models/ and policies/ are larger than {MAX_BYTES >> 20} MiB; split the policy"
        faults.append(Problem(path=".", line=0, message=message))
    if faults:
        raise PolicyInvalid(sorted(faults))
    return _contents(git, entries)


def _listed(git: Git, commit: str, folder: str) -> Iterator[_Entry]:
    prefix = f"{folder}/" if folder else ""
    if prefix and not git.run("ls-tree", "-d", "-z", commit, "--", folder, seconds=READ_SECONDS).startswith(_TREE):
        raise _no_such(folder)
    command = ("ls-tree", "-r", "-t", "-z", "-l", "--full-tree", commit, "--", *(prefix + name for name in _FOLDERS))
    try:
        printed = git.run(*command, seconds=READ_SECONDS, max_output_bytes=_LONGEST_LIST)
    except GitExceeded as error:
        raise _too_many() from error
    begin = prefix.encode()
    lines = [line.partition(b"\t") for line in printed.split(b"\0")[:-1]]
    shown = [
        (path.removeprefix(begin), about.decode("ascii").split()) for about, _, path in lines if path.startswith(begin)
    ]
    if sum(1 for _, about in shown if about[0] != TREE) > MAX_FILES:
        raise _too_many()
    verified = _verified(git, commit, folder, sorted({about[2] for _, about in shown if about[0] == TREE}))
    if verified != {path: (about[0], about[2]) for path, about in shown}:
        raise GitFailed(f"the mirror is damaged: git shows other files for {commit} than it has")
    for raw, (mode, _, named, size) in shown:
        path = raw.decode(errors="surrogateescape")
        if mode != TREE and not any(map(is_noise, path.split("/"))):
            yield _Entry(mode, named, int(size) if size.isdigit() else 0, path)


def _verified(git: Git, commit: str, folder: str, trees: list[str]) -> dict[bytes, Named]:
    """What stands in models/ and policies/, by path, from objects that are what their names say."""
    parts = folder.split("/") if folder else []
    above = [f"{commit}:{'/'.join(parts[:depth])}" for depth in range(1, len(parts) + 1)]
    found = Trees(git, commit, [*above, *trees])
    top = found.root
    for part in parts:
        mode, top = found.entries(top).get(part.encode(), ("", ""))
        if mode != TREE:
            raise _no_such(folder)
    return found.below(top, [name.encode() for name in _FOLDERS])


def _no_such(folder: str) -> PolicyInvalid:
    message = "the commit has no such folder; push it, or name another after URL#ref:"
    return PolicyInvalid([Problem(path=folder, line=0, message=message)])


def _too_many() -> PolicyInvalid:
    message = (
        f"more than {MAX_FILES} files in models/ and policies/, or so many folders that listing them takes too long"
    )
    return PolicyInvalid([Problem(path=".", line=0, message=message)])


def _fault(entry: _Entry, max_bytes: MaxBytes) -> str | None:
    if not entry.path.isprintable():
        return "a name that is no plain text; rename it"
    if len(entry.path) > _LONGEST_PATH:
        return f"a path of more than {_LONGEST_PATH} characters; shorten it"
    if entry.mode not in _PLAIN:
        return f"is {_KINDS.get(entry.mode, 'no plain file')}; put the file itself here"
    limit = max_bytes(entry.path)
    return f"larger than {limit >> 20} MiB; split the policy" if entry.size > limit else None


def _twins(entries: list[_Entry]) -> Iterator[Problem]:
    """Names, of files and folders, that are one name where case does not count."""
    seen: dict[str, str] = {}
    told: set[str] = set()
    for entry in entries:
        parts = entry.path.split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            other = seen.setdefault(name.casefold(), name)
            if other != name and name not in told:
                told.add(name)
                message = f"differs from {_shown(other)} in case alone; rename one of them"
                yield Problem(path=_shown(name), line=0, message=message)


def _shown(path: str) -> str:
    """A path as a log can hold it."""
    shown = path if path.isprintable() else ascii(path)[1:-1]
    return shown if len(shown) <= _LONGEST_PATH else f"{shown[:_LONGEST_PATH]}..."


def _contents(git: Git, entries: list[_Entry]) -> dict[str, bytes]:
    asked = "".join(f"{entry.object_id}\n" for entry in entries).encode()
    room = sum(entry.size + _HEADER_BYTES for entry in entries)
    printed = git.run("cat-file", "--batch", given=asked, seconds=BLOBS_SECONDS, max_output_bytes=room)
    files = {}
    place = 0
    for entry in entries:
        expected = f"{entry.object_id} blob {entry.size}\n".encode()
        start, end = place + len(expected), place + len(expected) + entry.size
        content = printed[start:end]
        if printed[place:start] != expected or object_id("blob", content, len(entry.object_id)) != entry.object_id:
            raise GitFailed(f"the mirror is damaged: {entry.path} is not what git names {entry.object_id}")
        files[entry.path] = content
        place = end + 1
    return files
