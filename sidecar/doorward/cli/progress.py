"""How far a long command is: a bar on a terminal, else a line now and then; both on standard error."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import Self

import click

_BAR_WIDTH = 30
_SECONDS_BETWEEN_BARS = 0.1
_SECONDS_BETWEEN_LINES = 5.0
_ERASE = "\r\x1b[2K"


class Progress:
    """A bar of `total` steps with a word on what was done; a total of 0 is done already."""

    def __init__(
        self,
        label: str,
        total: int,
        *,
        is_terminal: bool | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._label = label
        self._total = total
        self._is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal
        self._clock = clock
        self._told_at = clock()
        self._shown = ""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        if self._shown:
            click.echo(err=True)
            self._shown = ""

    def at(self, done: int, detail: str) -> None:
        """Say that `done` of the steps are done, at most ten times a second."""
        share = min(1.0, done / self._total) if self._total else 1.0
        now = self._clock()
        wait = _SECONDS_BETWEEN_BARS if self._is_terminal else _SECONDS_BETWEEN_LINES
        if now - self._told_at < wait and (done < self._total or not self._is_terminal):
            return
        self._told_at = now
        if not self._is_terminal:
            click.echo(f"{self._label}: {share:.0%}, {detail}", err=True)
            return
        full = round(share * _BAR_WIDTH)
        self._shown = f"{self._label} [{'#' * full}{'-' * (_BAR_WIDTH - full)}] {share:4.0%}  {detail}"
        click.echo(_ERASE + self._shown, nl=False, err=True)

    def tell(self, line: str) -> None:
        """Print a line of its own, and the bar again below it."""
        if not self._shown:
            click.echo(line, err=True)
            return
        click.echo(f"{_ERASE}{line}\n{self._shown}", nl=False, err=True)
