"""Changes of declared policy: what is said about one, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from doorward.domain.names import check_text

Files = Mapping[str, bytes]
Edit = Callable[[Files], Files]
"""The files of a tree to those of a changed one; raises where that cannot be. It may be called again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Who changes what, and why. All of it is one line each."""

    subject: str
    author: str
    reason: str = ""

    @classmethod
    def checked(cls, *, subject: str, author: str, reason: str) -> "Note":
        """A note on a change. Raises BadRequest where the reason is more than one line of text."""
        check_text("reason", reason)
        return cls(subject=subject, author=author, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A change that is committed where it is served from: as which commit, and what the policy is called with it."""

    commit: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A change that waits on a branch of its own until somebody merges it."""

    commit: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One commit of a policy's history: who, when (epoch seconds), what and why.

    `revision` is what the policy is called with it, where that is known; `branch` where it is a proposal.
    """

    commit: str
    author: str
    time: float
    subject: str
    reason: str
    revision: str | None = None
    branch: str | None = None
