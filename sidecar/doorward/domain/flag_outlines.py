"""What the answers of all flags have in common for contexts that conditions cannot tell apart: all but splits."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from doorward.domain.flags import FlagAnswer


class FlagCase:
    """How conditions see a context. It is made for every question, so it is a plain slotted class.

    Flags have the same outline for all contexts of one `kind`. `keys` are what splits are by, measured for hashing;
    None where the context names nobody.
    """

    __slots__ = ("keys", "kind")

    def __init__(self, kind: Hashable, keys: Sequence[bytes | None]) -> None:
        self.kind = kind
        self.keys = keys


class PendingSplit(NamedTuple):
    """A flag that a split decides.

    `place` is where it stands among all flags, `by` which of a case's keys it is by; `prefix` is hashed before the
    key, and the place of the digest among `bounds` is that of the answer among `answers`, which have no bucket.
    """

    place: int
    by: int
    prefix: bytes
    bounds: Sequence[bytes]
    answers: Sequence[FlagAnswer]


class FlagOutline(NamedTuple):
    """What all flags answer in one kind of case: `answers` by place, None for `splits` and for those that come `late`.

    The late ones require a flag that a split decides, so they have to be asked each by itself.
    """

    answers: Sequence[FlagAnswer | None]
    splits: Sequence[PendingSplit]
    late: Sequence[tuple[int, str]]
