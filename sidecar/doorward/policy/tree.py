"""The files of a policy tree: which may stand in it, how large they may be, its revision."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ACCESS_MODEL: Final = "models/access.conf"
ACCESS_RULES: Final = "policies/access.csv"
DIRECTORY: Final = "policies/directory.yaml"
KNOWN_FILES: Final = frozenset({ACCESS_MODEL, ACCESS_RULES, DIRECTORY})
REQUIRED_FILES: Final = (ACCESS_MODEL, ACCESS_RULES)

MAX_YAML_BYTES: Final = 1 << 20
MAX_MODEL_BYTES: Final = 1 << 20
MAX_RULES_BYTES: Final = 256 << 20
MAX_FILES: Final = 1_000


def max_bytes(path: str) -> int:
    """How large the file at `path` may be, in bytes."""
    if path.endswith(".csv"):
        return MAX_RULES_BYTES
    return MAX_MODEL_BYTES if path.endswith(".conf") else MAX_YAML_BYTES


class Tree:
    """The files of one policy revision, by path below the tree's root."""

    __slots__ = ("files", "revision")

    def __init__(self, files: Mapping[str, bytes], revision: str | None = None) -> None:
        """Freeze the files; without a revision of its source, a tree is named by its content."""
        self.files = MappingProxyType(dict(files))
        self.revision = revision or content_revision(files)


def content_revision(files: Mapping[str, bytes]) -> str:
    """`dir:` and the first 16 hex digits of SHA-256 over the sorted paths and bytes.

    Each file adds its path in UTF-8, a NUL, its length as 8 bytes (big-endian), and its bytes.
    """
    digest = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + len(content).to_bytes(8, "big"))
        digest.update(content)
    return f"dir:{digest.hexdigest()[:16]}"
