"""What is the same for whoever asks alike, kept while the policy and the facts stay; bounded."""

from collections.abc import Hashable
from typing import Final, Generic, Protocol, TypeVar

from doorward.services.ports import PolicySnapshot

LONGEST_QUESTION: Final = 2_048
"""Bytes of a body; what longer ones ask is not kept."""
_MOST_SEEN: Final = 1 << 14


class Lasting(Protocol):
    """What holds from a time until before another, in epoch seconds."""

    @property
    def since(self) -> float:
        """From when."""
        ...

    @property
    def until(self) -> float:
        """Until before when."""
        ...


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Lasting)


class Seen:
    """Whether something was there before, as far as that is remembered: what comes once takes no room."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def again(self, what: Hashable) -> bool:
        """Whether it was there before; it was from now on."""
        number = hash(what)
        if number in self._hashes:
            return True
        if len(self._hashes) >= _MOST_SEEN:
            self._hashes = set()
        self._hashes.add(number)
        return False


class _Generation(Generic[Key, Value]):
    """What was made from one policy while no facts changed."""

    __slots__ = ("bytes_kept", "facts", "policy", "values")

    def __init__(self, policy: PolicySnapshot, facts: int) -> None:
        self.policy = policy
        self.facts = facts
        self.values: dict[Key, Value] = {}
        self.bytes_kept = 0


class Kept(Generic[Key, Value]):
    """Values by key. No lock: at worst one is made twice, or a few more are kept."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._generation: _Generation[Key, Value] | None = None

    def find(self, key: Key, policy: PolicySnapshot, facts: int, now: float) -> Value | None:
        """What is kept under a key, if it holds still. `facts` is what `Facts.applied` is now."""
        generation = self._generation
        if generation is None or generation.policy is not policy or generation.facts != facts:
            return None
        found = generation.values.get(key)
        return found if found is not None and found.since <= now < found.until else None

    def keep(self, key: Key, policy: PolicySnapshot, facts: int, value: Value, size: int) -> None:
        """Keep what was made before, of about so many bytes.

        `facts` is what `Facts.applied` was before anything was read for it.
        """
        generation = self._generation
        if generation is None or generation.policy is not policy or generation.facts != facts:
            generation = self._generation = _Generation(policy, facts)
        if value.until <= value.since or size > self._most_bytes:
            return
        if generation.bytes_kept + size > self._most_bytes:
            generation.values = {}
            generation.bytes_kept = 0
        generation.values[key] = value
        generation.bytes_kept += size
