"""One time limit over everything that a request does."""

from __future__ import annotations

from time import monotonic

from doorward_sdk.errors import DeadlineExceeded


class Deadline:
    """A moment, `seconds` from now, until which an answer has to be complete."""

    __slots__ = ("_end", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, always more than 0.

        Raises:
            DeadlineExceeded: none are.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise self.exceeded()
        return left

    def exceeded(self) -> DeadlineExceeded:
        """What to raise once it has passed."""
        return DeadlineExceeded(f"no complete answer within {self._seconds:g} s")
