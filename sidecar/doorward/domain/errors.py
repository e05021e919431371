"""The errors of the product: each leaf is another thing its reader would do."""

from collections.abc import Sequence
from dataclasses import dataclass


class DoorwardError(Exception):
    """Whatever Doorward raises on purpose.

    DoorwardError
    ├── PolicyInvalid       a policy tree does not load: fix the files
    ├── SourceUnreadable    the policy's source does not answer: see the message; it is asked again
    ├── PolicyUnavailable   there is no policy to answer from: give a tree
    ├── BadRequest          the question is malformed: fix the caller
    │   └── InvalidContext  what is said of whom a flag is for cannot be so: fix that
    ├── NotFound            what is named is not there: name another
    ├── Conflict            what is there stands in the way: the message says what to do with it
    │   └── EmailTaken      an e-mail address is another user's: callers learn no more than that
    ├── ChangeNotServed     a change is committed and not served here: look at the policy's state, do not repeat it
    ├── RevisionNotServed   a newer policy was asked for than is served: try again in a moment
    ├── PasswordRefused     the security policy does not accept a password: choose one that meets all reasons
    ├── Busy                others have to be waited for: try again in a moment
    ├── PreconditionFailed  what was to be changed is another by now: read it again
    ├── KeyReused           an Idempotency-Key came with another request before: make a new one
    ├── StoreUnavailable    the database cannot be used: see the message; try again in a moment
    ├── FactsNotServed      newer facts were asked for than are known here: try again in a moment
    ├── EncryptionFailed    a value or a key cannot be opened: give the right master key, or restore it
    ├── LoginRefused        somebody could not be logged in; why is in the audit trail alone
    ├── Unauthenticated     no key, or a wrong one: send the right one
    ├── NotPermitted        the key lacks a scope: ask for it
    ├── NotSupported        this policy cannot answer this kind of question: ask another way
    └── StateUnusable       the state directory, the master key or the address cannot be had: see the message
    """


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One fault of a policy tree: where it stands, what is wrong, what to write instead."""

    path: str
    line: int  # 1-based; 0 where the whole file or tree is meant
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class PolicyInvalid(DoorwardError):  # noqa: N818 - reads as what happened, like the rest of the tree
    """A policy tree does not load; `problems` names every fault in it, `revision` the revision, where it has one."""

    def __init__(self, problems: Sequence[Problem], revision: str | None = None) -> None:
        self.problems = tuple(problems)
        self.revision = revision
        super().__init__("\n".join(map(str, self.problems)))


class SourceUnreadable(DoorwardError):  # noqa: N818
    """The source of the policy does not answer, or not as it should; what is served goes on being served."""


class PolicyUnavailable(DoorwardError):  # noqa: N818
    """No policy has been loaded, so nothing can be decided."""


class BadRequest(DoorwardError):  # noqa: N818
    """The request is malformed; the message names the member and the fix."""


class InvalidContext(BadRequest):
    """The context of a flag contradicts itself, or names a tenant or a user that is shut out."""


class NotFound(DoorwardError):  # noqa: N818
    """What the request names is not there."""


class Conflict(DoorwardError):  # noqa: N818
    """What is there stands in the way of a change; nothing was changed, and the message says what to do."""


class EmailTaken(Conflict):
    """Another user has the e-mail address; whose it is, and in which tenant, is nobody's business."""

    def __init__(self) -> None:
        super().__init__("this e-mail address is not available; give another one")


class PasswordRefused(DoorwardError):  # noqa: N818
    """The security policy does not accept a password; `reasons` are all of them, and none repeats it."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"the password is not accepted. {' '.join(self.reasons)}")


class ChangeNotServed(DoorwardError):  # noqa: N818
    """The change is committed, and this process does not serve it: do not make it again, look at the policy's state."""


class RevisionNotServed(DoorwardError):  # noqa: N818
    """The revision that the caller wants at least is not served here, and did not come in time."""


class Busy(DoorwardError):  # noqa: N818
    """Others were there before, and went on for longer than a request may wait."""


class PreconditionFailed(DoorwardError):  # noqa: N818
    """What the caller wants to change is not what it has seen (If-Match); nothing was changed."""


class KeyReused(DoorwardError):  # noqa: N818
    """An Idempotency-Key was used for another request; nothing was changed."""


class StoreUnavailable(DoorwardError):  # noqa: N818
    """The database is gone, locked, full, read-only, or too slow."""


class FactsNotServed(DoorwardError):  # noqa: N818
    """The facts that the caller wants at least are not known here, and did not come in time."""


class EncryptionFailed(DoorwardError):  # noqa: N818
    """A sealed value or a wrapped key cannot be opened: a wrong master key, or it was moved or damaged."""


class LoginRefused(DoorwardError):  # noqa: N818
    """A login came to nothing. `code_needed`: the password was right, and a one-time code is wanted too."""

    def __init__(self, message: str, *, code_needed: bool = False) -> None:
        self.code_needed = code_needed
        super().__init__(message)


class Unauthenticated(DoorwardError):  # noqa: N818
    """No key was sent, or one that does not count."""


class NotPermitted(DoorwardError):  # noqa: N818
    """The key is good but lacks a scope, or is bound to another tenant."""


class NotSupported(DoorwardError):  # noqa: N818
    """The served policy cannot answer this kind of question; the message says why and how to ask instead."""


class StateUnusable(DoorwardError):  # noqa: N818
    """The state directory, the master key or the address to listen on is taken, not readable or not writable."""
