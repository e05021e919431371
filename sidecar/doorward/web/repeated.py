"""Answers that are the same for whoever asks the same again.

They are kept from the second time on, so that those who ask once take no room from those who ask again and again.
"""

from typing import Final

from doorward.services.ports import PolicySnapshot
from doorward.web.kept import LONGEST_QUESTION, Kept, Seen
from doorward.web.metrics import CountedFlags

MOST_BYTES: Final = 16 << 20
_BYTES_AN_ANSWER: Final = 600
"""What an answer takes beside its body, about."""
Key = tuple[str | None, bytes]
"""The tenant that the caller is bound to, and the body."""


class AllFlags:
    """An answer of all flags, its tag, and what is counted for it; it holds from a time until before another."""

    __slots__ = ("body", "counted", "since", "tag", "until")

    def __init__(self, body: bytes, tag: str, counted: CountedFlags, since: float, until: float) -> None:
        self.body = body
        self.tag = tag
        self.counted = counted
        self.since = since
        self.until = until


class Repeated:
    """Answers by question. `find` is that of Kept."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._seen = Seen()
        self._kept: Kept[Key, AllFlags] = Kept(most_bytes)
        self.find = self._kept.find

    def keep(self, key: Key, policy: PolicySnapshot, facts: int, answer: AllFlags) -> None:
        """Keep an answer that was made before; `facts` is what `Facts.applied` was before anything was read for it."""
        if not self._seen.again(key) or len(key[1]) > LONGEST_QUESTION:
            return
        size = len(key[1]) + len(answer.body) + _BYTES_AN_ANSWER + 8 * len(answer.counted.chosen)
        self._kept.keep(key, policy, facts, answer, size)
