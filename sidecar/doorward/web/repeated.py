"""Answers that are the same for whoever asks the same again: kept while the policy and the facts stay, bounded.

They are kept from the second time on, so that those who ask once take no room from those who ask again and again.
"""

from typing import Final

from doorward.services.ports import PolicySnapshot
from doorward.web.metrics import CountedFlags

MOST_BYTES: Final = 16 << 20
LONGEST_QUESTION: Final = 2_048
_MOST_ASKED: Final = 1 << 14
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


class _Generation:
    """What was answered from one policy while no facts changed."""

    __slots__ = ("answers", "bytes_kept", "facts", "policy")

    def __init__(self, policy: PolicySnapshot, facts: int) -> None:
        self.policy = policy
        self.facts = facts
        self.answers: dict[Key, AllFlags] = {}
        self.bytes_kept = 0


class Repeated:
    """Answers by question. No lock: at worst an answer is made twice, or a few more are kept."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._generation: _Generation | None = None
        self._asked: set[int] = set()

    def find(self, key: Key, policy: PolicySnapshot, facts: int, now: float) -> AllFlags | None:
        """The answer to a question, if it is kept and holds still. `facts` is what `Facts.applied` is now."""
        generation = self._generation
        if generation is None or generation.policy is not policy or generation.facts != facts:
            return None
        found = generation.answers.get(key)
        return found if found is not None and found.since <= now < found.until else None

    def keep(self, key: Key, policy: PolicySnapshot, facts: int, answer: AllFlags) -> None:
        """Keep an answer that was made before; `facts` is what `Facts.applied` was before anything was read for it."""
        if not self._is_asked_again(hash(key)):
            return
        generation = self._generation
        if generation is None or generation.policy is not policy or generation.facts != facts:
            generation = self._generation = _Generation(policy, facts)
        size = len(key[1]) + len(answer.body) + _BYTES_AN_ANSWER + 8 * len(answer.counted.chosen)
        if len(key[1]) > LONGEST_QUESTION or answer.until <= answer.since or size > self._most_bytes:
            return
        if generation.bytes_kept + size > self._most_bytes:
            generation.answers = {}
            generation.bytes_kept = 0
        generation.answers[key] = answer
        generation.bytes_kept += size

    def _is_asked_again(self, question: int) -> bool:
        """Whether a question was noted before; it is from now on."""
        if question in self._asked:
            return True
        if len(self._asked) >= _MOST_ASKED:
            self._asked = set()
        self._asked.add(question)
        return False
