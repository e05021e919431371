"""A bounded memory: of its entries, those that nobody asked for lately make room for new ones."""

from collections import OrderedDict
from typing import Final, Generic, Protocol, TypeVar

MOST_CHANCES: Final = 64
"""Entries that are passed over for one that comes: then one goes though it was asked for."""


class Entry(Protocol):
    """Something that is remembered; whoever asks for it sets `used`."""

    used: bool


E = TypeVar("E", bound=Entry)


class SecondChance(Generic[E]):
    """Entries by key, the oldest first. Reading `entries` needs no lock; writing is for one thread at a time."""

    def __init__(self, most: int) -> None:
        """Keep at most so many entries, one at least."""
        self.entries: OrderedDict[str, E] = OrderedDict()
        self._most = max(1, most)

    def put(self, key: str, entry: E) -> None:
        """Remember an entry, in the place of one that is old and was not asked for."""
        entries = self.entries
        entries.pop(key, None)
        while len(entries) >= self._most:
            self._make_room()
        entries[key] = entry

    def _make_room(self) -> None:
        entries = self.entries
        for _ in range(MOST_CHANCES):
            key = next(iter(entries))
            if not entries[key].used:
                break
            entries[key].used = False
            entries.move_to_end(key)
        entries.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget an entry, if it is there."""
        self.entries.pop(key, None)

    def clear(self) -> None:
        """Forget all entries."""
        self.entries.clear()
