"""The files of a policy tree: which may stand in it, how large they may be, its revision."""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from doorward.domain.errors import Problem

ACCESS_MODEL: Final = "models/access.conf"
ACCESS_RULES: Final = "policies/access.csv"
CATALOG: Final = "policies/catalog.yaml"
DIRECTORY: Final = "policies/directory.yaml"
PLANS_MODEL: Final = "models/plans.conf"
PLANS: Final = "policies/plans.csv"
FLAGS: Final = "policies/flags.yaml"
SECURITY: Final = "policies/security.yaml"
KNOWN_FILES: Final = frozenset({ACCESS_MODEL, ACCESS_RULES, CATALOG, DIRECTORY, FLAGS, PLANS_MODEL, PLANS, SECURITY})
REQUIRED_FILES: Final = (ACCESS_MODEL, ACCESS_RULES)
TESTS: Final = "policies/tests/*.yaml"
_TEST_FILE: Final = re.compile(r"policies/tests/[^/]+\.yaml\Z")

MAX_YAML_BYTES: Final = 1 << 20
MAX_MODEL_BYTES: Final = 1 << 20
MAX_RULES_BYTES: Final = 256 << 20
MAX_PLANS_BYTES: Final = 1 << 20
MAX_FILES: Final = 1_000


def is_test_file(path: str) -> bool:
    """Whether policy tests stand in it: they count for the revision, and for nothing that is served."""
    return _TEST_FILE.match(path) is not None


def max_bytes(path: str) -> int:
    """How large the file at `path` may be, in bytes, to be served. Tests may be more than their reader takes."""
    if path == PLANS:
        return MAX_PLANS_BYTES
    if path.endswith(".csv") or is_test_file(path):
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


def read_text(path: str, content: bytes, faults: list[Problem]) -> str | None:
    """The text of a file; None after its fault was noted."""
    if content.startswith(b"\xef\xbb\xbf"):
        faults.append(Problem(path=path, line=1, message="starts with a byte order mark; save it as UTF-8 without one"))
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.append(Problem(path=path, line=line, message="not UTF-8; save the file as UTF-8"))
        return None
    if text and not text.endswith("\n"):
        line = text.count("\n") + 1
        faults.append(Problem(path=path, line=line, message="does not end with a newline (cut off?); add one"))
        return None
    return text
