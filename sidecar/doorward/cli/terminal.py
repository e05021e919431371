"""What commands share: exit codes, and how errors are told to a person."""

import contextlib
import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NoReturn

import click

from doorward.domain.errors import DoorwardError, PolicyInvalid


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


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    widths = [max(len(row[place]) for row in [headings, *rows]) for place in range(len(headings))]
    click.secho(_line(headings, widths), bold=True)
    for row in rows:
        click.echo(_line(row, widths))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
