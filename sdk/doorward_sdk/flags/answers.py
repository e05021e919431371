"""What a caller gets for a flag: its value, and why that is so. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

_Value_co = TypeVar("_Value_co", covariant=True)


@dataclass(frozen=True)
class FlagError:
    """Why a flag has no value here; the answer that carries it has the caller's default.

    Attributes:
        code: in OpenFeature's words: `FLAG_NOT_FOUND`, `TYPE_MISMATCH`, `TARGETING_KEY_MISSING`, `INVALID_CONTEXT`,
            `PARSE_ERROR`, `GENERAL`.
        message: what happened and what to do.
        status: the HTTP status that names the failure, None when no answer came.
        retryable: whether the same question may be answered later.
    """

    code: str
    message: str
    status: int | None = None
    retryable: bool = False


@dataclass(frozen=True)
class FlagDetails(Generic[_Value_co]):
    """The value of a flag for one context.

    Attributes:
        value: the flag's, or the caller's default.
        variant: the name of the value; `override` where it is a tenant's own. None with an error.
        reason: `STATIC`, `TARGETING_MATCH`, `SPLIT`, `DISABLED`, `DEFAULT`, or `ERROR`.
        error: why the value is the caller's default; None where it is the flag's.
        revision: the policy revision that decided.
    """

    value: _Value_co
    variant: str | None
    reason: str
    error: FlagError | None = None
    revision: str | None = None

    def __bool__(self) -> bool:
        """Whether the value is true, as that of a boolean flag may be."""
        return bool(self.value)
