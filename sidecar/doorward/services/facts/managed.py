"""Which user ids were ever recorded: known by hashes alone, eight bytes an id."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from doorward.domain.facts import id_hash

MERGED_AT: Final = 4_096
"""New ids that are kept beside the others, before they go among them."""


class ManagedIds:
    """Says no of an id only where it was never recorded; a yes may be another id with the same hash.

    Asking needs no lock; writing is for one thread at a time.
    """

    def __init__(self) -> None:
        self._sorted: array[int] = array("q")
        self._newer: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._newer)

    def __contains__(self, user_id: str) -> bool:
        wanted = id_hash(user_id)
        if wanted in self._newer:
            return True
        known = self._sorted
        at = bisect_left(known, wanted)
        return at < len(known) and known[at] == wanted

    def load(self, hashes: "array[int]") -> None:
        """Begin again with all that are recorded, sorted."""
        self._sorted = hashes  # first, so that who asks meanwhile finds those that were newer here
        self._newer = set()

    def add(self, user_ids: Iterable[str]) -> None:
        """Note ids that are recorded."""
        newer = self._newer
        newer.update(id_hash(one) for one in user_ids if one not in self)
        if len(newer) >= MERGED_AT:
            self.load(_merged(self._sorted, sorted(newer)))


def _merged(many: "array[int]", few: list[int]) -> "array[int]":
    """Both, sorted: the many are copied in slices between the few, so that it takes a moment at any size."""
    merged: array[int] = array("q")
    start = 0
    for one in few:
        end = bisect_left(many, one, start)
        merged.extend(many[start:end])
        merged.append(one)
        start = end
    merged.extend(many[start:])
    return merged
