"""Sessions and logins: what is recorded of them, and what a login came to."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of a user. Times are epoch microseconds, 0 for never; its token is kept as a hash.

    It ends at `expires_at`, or `idle_seconds` after `last_seen_at`, or when it is revoked.
    """

    id: str
    user: str
    tenant: str
    digest: str = field(repr=False)
    created_at: int
    last_seen_at: int
    expires_at: int
    idle_seconds: int
    revoked_at: int
    mfa: bool
    address: str
    user_agent: str

    def is_live(self, now: int) -> bool:
        """Whether it counts at a time."""
        return not self.revoked_at and now < self.ends_at

    @property
    def ends_at(self) -> int:
        """When it ends if nobody uses it any more."""
        return min(self.expires_at, self.last_seen_at + self.idle_seconds * 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """The tries to log in to one account. Times are epoch microseconds, 0 for never.

    `failures` counts every failed try since the last success; `streak` those that were looked at since
    then or since the last lockout; `lockouts` how often it was locked since the last success.
    """

    account: str
    failures: int
    streak: int
    lockouts: int
    locked_until: int
    last_failed_at: int


@dataclass(frozen=True, slots=True)
class CountedTry:
    """A try to log in that was counted as one that fails: whether it is looked at, and `failures` with it."""

    is_open: bool
    failures: int

    @property
    def is_told(self) -> bool:
        """Whether a failure has an audit event of its own.

        Each that was looked at; of those that came while the account was locked the ones that are number 1, 2, 4, 8
        and so on of its failures: who guesses without end makes no end of events, and how often is known within half.
        """
        return self.is_open or self.failures & (self.failures - 1) == 0


class LoginRefusal(StrEnum):
    """Why a login came to nothing, for the audit trail.

    Callers are told one thing for all but the last three, which only somebody who knows the password sees.
    """

    UNKNOWN = "unknown"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - a reason
    LOCKED = "locked"
    DISABLED = "disabled"
    WRONG_CODE = "wrong code"
    CODE_NEEDED = "code needed"
    ENROLMENT_NEEDED = "a role needs one-time codes, and none are set up"
    EXPIRED = "the password is too old"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions a list has; None where it does not matter."""

    user: str | None = None
    tenant: str | None = None
    live_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What somebody gives to log in: an e-mail address, or a username and its tenant, a password, and maybe a code."""

    email: str | None
    username: str | None
    tenant: str | None
    password: str = field(repr=False)
    code: str | None = field(repr=False)
    address: str
    user_agent: str
