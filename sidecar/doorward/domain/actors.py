"""Actors: who makes a change, from where, and the answer that is kept for one who asks twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doorward.domain.access import ANY
from doorward.domain.callers import Caller
from doorward.domain.errors import NotFound, NotPermitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A request with an Idempotency-Key: it is carried out once, and its answer is kept.

    `request` is all that makes it this request (method, path, body); `answer` writes the answer down, of what the
    change came to and of the version of the facts that it made. Given again it is for `seconds`, if that is less than
    answers are kept.
    """

    key: str
    request: bytes
    answer: Callable[[Any, int], str]
    seconds: int | None = None


class Replayed(Exception):  # noqa: N818 - what happened, no error: the request was carried out before
    """The answer to the same request, as it was written down."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__("answered before")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who makes a change: the key, the network address it came from, the request's id."""

    caller: Caller
    address: str = ""
    request_id: str | None = None
    once: Once | None = None

    @property
    def tenant(self) -> str | None:
        """The tenant that the caller is bound to."""
        return self.caller.tenant

    def may_see(self, tenant: str | None) -> bool:
        """Whether things of a tenant are there for the caller."""
        return self.caller.tenant is None or self.caller.tenant == tenant

    def may_see_role_in(self, tenant: str) -> bool:
        """Whether a role that somebody holds in a tenant, or in every one (`*`), is told to the caller."""
        return tenant == ANY or self.may_see(tenant)

    def require_unbound(self, what: str) -> None:
        """Raise NotPermitted where the caller is bound to a tenant."""
        if self.caller.tenant is not None:
            raise NotPermitted(f"this key is bound to a tenant, and {what}; use a key bound to none")


def not_there(what: str) -> NotFound:
    """The error for what is not there, was deleted, or is another tenant's: nobody can tell which."""
    return NotFound(f"there is no {what}")
