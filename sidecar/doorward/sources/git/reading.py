"""Reads what a program prints until it ends: bounded in time and size, of its messages the end alone."""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO, Final

_MAX_MESSAGE_BYTES: Final = 4_000
_CHUNK_BYTES: Final = 1 << 16
_GLANCE_SECONDS: Final = 0.02


class Exceeded(Exception):  # noqa: N818 - reads as what happened
    """The program took too long, or printed more than it may."""


class Reader:
    """Reads one program, which has pipes for its output and its messages.

    `wanted` says of a whole line whether it is kept; what is not counts nothing, however much it is.
    """

    def __init__(self, seconds: float, max_bytes: int, wanted: Callable[[bytes], bool] | None = None) -> None:
        """The time begins now."""
        self.printed = bytearray()
        self.messages = bytearray()
        self._deadline = time.monotonic() + seconds
        self._late = f"took longer than {seconds:g} s"
        self._max_bytes = max_bytes
        self._wanted = wanted
        self._sifted = 0  # how much of what was printed is known to be wanted

    def read(self, process: subprocess.Popen[bytes]) -> None:
        """Read until the program has ended, and it only: what it leaves behind may keep its messages open.

        Raises:
            Exceeded: it did not end in time, or printed too much; it still runs.
        """
        if process.stdout is None or process.stderr is None:  # it has both: PIPE
            return
        # No `select`, which knows no descriptor beyond 1,023.
        with selectors.PollSelector() as both:
            both.register(process.stdout, selectors.EVENT_READ, self._add)
            both.register(process.stderr, selectors.EVENT_READ, self._add_message)
            while process.stdout in both.get_map():
                self._step(both, self._left())
            while process.stderr in both.get_map() and process.poll() is None:
                self._step(both, min(_GLANCE_SECONDS, self._left()))
        try:
            process.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Exceeded(self._late) from None
        self._add_last(process.stderr)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Exceeded(self._late)
        return left

    def _step(self, both: selectors.BaseSelector, seconds: float) -> None:
        for key, _ in both.select(seconds):
            chunk = os.read(key.fd, _CHUNK_BYTES)
            if chunk:
                key.data(chunk)
            else:
                both.unregister(key.fileobj)

    def _add(self, chunk: bytes) -> None:
        self.printed += chunk
        if self._wanted is not None:
            whole = self.printed.rfind(b"\n") + 1
            if whole > self._sifted:
                lines = bytes(self.printed[self._sifted : whole - 1]).split(b"\n")
                kept = b"".join(line + b"\n" for line in lines if self._wanted(line))
                self.printed[self._sifted : whole] = kept
                self._sifted += len(kept)
        if len(self.printed) > self._max_bytes:
            raise Exceeded(f"printed more than {self._max_bytes} bytes")

    def _add_message(self, chunk: bytes) -> None:
        self.messages += chunk
        del self.messages[:-_MAX_MESSAGE_BYTES]

    def _add_last(self, messages: IO[bytes]) -> None:
        """Take what the program said at its end, and wait for no more."""
        os.set_blocking(messages.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(_MAX_MESSAGE_BYTES):
                chunk = os.read(messages.fileno(), _CHUNK_BYTES)
                if not chunk:
                    return
                self._add_message(chunk)
