"""What commands share: exit codes, and how errors are told to a person."""

import contextlib
import json
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import zip_longest
from typing import Final, NoReturn

import click

from doorward.domain.errors import DoorwardError, PolicyInvalid

_GAP: Final = "  "


class Exit(IntEnum):
    """What a command's exit code says."""

    OK = 0
    NO = 1
    USAGE = 2
    DOES_NOT_LOAD = 3
    TEST_FAILED = 4
    UNREACHABLE = 5


def fail(code: Exit, message: str, fix: str | None = None) -> NoReturn:
    """End the command with an error on standard error, and what to do next."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(message, err=True)
    if fix:
        click.echo(f"  next: {fix}", err=True)
    raise SystemExit(int(code))


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn the errors of the product into messages and exit codes."""
    try:
        yield
    except PolicyInvalid as error:
        show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    except DoorwardError as error:
        fail(Exit.UNREACHABLE, str(error))


def show_problems(error: PolicyInvalid) -> None:
    """Every fault of a tree, one a line, and their number."""
    for problem in error.problems:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        click.secho(place, bold=True, nl=False, err=True)
        click.echo(f": {problem.message}", err=True)
    click.secho(f"{counted(len(error.problems), 'problem')}; the policy does not load", fg="red", err=True)


def counted(count: int, thing: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def visible(text: str) -> str:
    """A text as a terminal may show it: what is invisible, or would steer the terminal, is spelled out."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character == "\t":
        return " "
    if character.isprintable() or unicodedata.combining(character):
        return character
    return f"<U+{ord(character):04X}>"


def respect_no_color(context: click.Context) -> None:
    """Print without colours in a command and those below it where NO_COLOR is set (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        context.color = False


def print_json(value: object) -> None:
    """Print a value as one JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, or_blocks: bool = False) -> None:
    """Print rows in columns, wrapped where that makes them fit the terminal.

    Where standard output is no terminal, a row is a line, however long. With `or_blocks`, rows that fit no terminal
    of this width are told one after the other, a line a cell.
    """
    widths = natural = _widths(headings, rows)
    if sys.stdout.isatty():
        room = shutil.get_terminal_size().columns - len(_GAP) * (len(natural) - 1)
        widths = _narrowed(natural, _longest_words(headings, rows), room)
        if or_blocks and sum(widths) > room:
            _print_blocks(headings, rows)
            return
    click.secho(_line(headings, widths), bold=True)
    for row in rows:
        for line in [row] if widths == natural else _wrapped(row, widths):
            click.echo(_line(line, widths))


def _widths(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(headings, *rows, strict=True)]


def _longest_words(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """How narrow each column may be; headings are not wrapped."""
    words = [[max(map(len, cell.split()), default=0) for cell in row] for row in rows]
    return [
        max(len(heading), *longest) for heading, *longest in zip(headings, *words, [0] * len(headings), strict=True)
    ]


def _narrowed(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths that fit the room as far as no word has to be broken, taken from the widest columns first."""
    widths = [*natural]
    while sum(widths) > room and widths != least:
        widest = max((place for place, width in enumerate(widths) if width > least[place]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[str, ...]]:
    cells = [
        textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False) or [""]
        for cell, width in zip(row, widths, strict=True)
    ]
    return zip_longest(*cells, fillvalue="")


def _print_blocks(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One row after the other, a line a cell; what is empty is left out."""
    width = max(map(len, headings))
    for place, row in enumerate(rows):
        if place:
            click.echo()
        for heading, cell in zip(headings, row, strict=True):
            if cell:
                click.echo(f"{click.style(heading.ljust(width), bold=True)}  {cell}")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
