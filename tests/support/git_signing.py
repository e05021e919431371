"""Commits signed by keys that a test has made."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.git_repositories import Repository

LONG_AGO = {"GIT_AUTHOR_DATE": "2015-05-05T12:00:00Z", "GIT_COMMITTER_DATE": "2015-05-05T12:00:00Z"}


def signed(repository: Repository, key: Path, tree: str, *parents: str, dates: Mapping[str, str] | None = None) -> str:
    """A commit signed by git with an ssh key; it is on no branch yet."""
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}")
    named = [part for parent in parents for part in ("-p", parent)]
    return repository.git(*settings, "commit-tree", "-S", tree, *named, given=b"Signed\n", environment=dates)


def raw(repository: Repository, commit: str) -> bytes:
    """The object of a commit."""
    return subprocess.run(
        ["git", "cat-file", "commit", commit], cwd=repository.path, capture_output=True, check=True
    ).stdout


def with_signature(commit: bytes, *signatures: bytes) -> bytes:
    """An unsigned commit with signatures put into its header."""
    header, blank, message = commit.partition(b"\n\n")
    for one in signatures:
        header += b"\ngpgsig " + one.strip().replace(b"\n", b"\n ")
    return header + blank + message


def without_signature(commit: bytes) -> bytes:
    """A signed commit with its signature taken out."""
    before, _, after = commit.partition(b"gpgsig ")
    end = after.index(b"-----END SSH SIGNATURE-----\n") + len(b"-----END SSH SIGNATURE-----\n")
    return before + after[end:]


def signature_of(content: bytes, key: Path, namespace: str = "git") -> bytes:
    """What ssh-keygen signs, in a namespace."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def allow(file: Path, *lines: tuple[str, Path]) -> Path:
    """A file of allowed signers: what stands before each key, and the key."""
    file.write_text("".join(f"{before} {Path(f'{key}.pub').read_text()}" for before, key in lines))
    return file
