"""Says on the terminal what is being measured."""

from __future__ import annotations

import sys
import time


class Progress:
    """One line that changes on a terminal, one line a row elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._row = ""
        self._started = time.monotonic()

    def row(self, name: str, place: str) -> None:
        """A row begins; `place` is like 2/11."""
        self._row = f"[{place}] {name}"
        self._started = time.monotonic()
        if not self._live:
            print(self._row, file=sys.stderr, flush=True)

    def step(self, text: str) -> None:
        """What is going on in the row."""
        if self._live:
            print(f"\r\x1b[K{self._row}: {text}", end="", file=sys.stderr, flush=True)

    def done(self, text: str = "done") -> None:
        """The row has ended."""
        clear = "\r\x1b[K" if self._live else ""
        seconds = time.monotonic() - self._started
        print(f"{clear}{self._row}: {text} ({seconds:.0f} s)", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Something worth a line of its own."""
        clear = "\r\x1b[K" if self._live else ""
        print(f"{clear}{text}", file=sys.stderr, flush=True)
