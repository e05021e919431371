"""Answers that another thread will have, so that whoever brings requests need not wait for them."""

import threading
from collections.abc import Callable

from doorward.web.http import Response

Made = Callable[[], Response]
"""Makes an answer, or raises what is wrong."""


class Later:
    """An answer that will be there: `make` gives it, once; `then` takes it, at once where it is there."""

    __slots__ = ("_lock", "_made", "_told")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: Made | None = None
        self._told: Callable[[Made], None] | None = None

    def make(self, made: Made) -> None:
        """The answer is there, or can be made."""
        with self._lock:
            self._made = made
            told = self._told
        if told is not None:
            told(made)

    def then(self, told: Callable[[Made], None]) -> None:
        """Have `told` called with the answer, by the thread that has it or by this one."""
        with self._lock:
            self._told = told
            made = self._made
        if made is not None:
            told(made)


class Finished:
    """An answer as whoever sends it gets it: with all that belongs to it, at some time."""

    __slots__ = ("_later", "_seal")

    def __init__(self, later: Later, seal: Callable[[Made], Response]) -> None:
        self._later = later
        self._seal = seal

    def then(self, send: Callable[[Response], None]) -> None:
        """Have it sent when it is there."""
        seal = self._seal
        self._later.then(lambda made: send(seal(made)))

    def wait(self) -> Response:
        """The answer; blocks until it is there."""
        found: list[Response] = []
        there = threading.Event()

        def keep(response: Response) -> None:
            found.append(response)
            there.set()

        self.then(keep)
        there.wait()
        return found[0]


def waited(answer: Response | Finished) -> Response:
    """An answer, waited for where it is not there yet."""
    return answer if isinstance(answer, Response) else answer.wait()
