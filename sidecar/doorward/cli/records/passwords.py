"""Passwords for commands: as an option, from a file, or typed twice."""

import sys
import warnings
from collections.abc import Callable
from getpass import GetPassWarning
from pathlib import Path
from typing import Any

import click

_MOST_BYTES = 64 * 1024
_NOBODY_TYPES = "no password was typed; give --password-file FILE, or - for standard input"


def password_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--password` and `--password-file`; `chosen_password` reads them."""
    of_file = click.option("--password-file", metavar="FILE", help="Read it from a file; - is standard input.")
    as_option = click.option("--password", help="Others on this machine may see it: prefer the others.")
    return as_option(of_file(command))


def chosen_password(password: str | None, password_file: str | None, *, twice: bool = True) -> str:
    """The password that the options give, else one that is typed and not shown.

    Raises:
        click.UsageError: both are given, the file cannot be read, or nobody can type.
    """
    if password is not None and password_file is not None:
        raise click.UsageError("give --password or --password-file, not both")
    if password is not None:
        return password
    if password_file is not None:
        return _of_file(password_file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # no terminal, so that it could not be hidden
            return str(click.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True))
    except (click.Abort, GetPassWarning):
        raise click.UsageError(_NOBODY_TYPES) from None


def _of_file(name: str) -> str:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_MOST_BYTES)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{name} cannot be read: {error}", param_hint="--password-file") from error
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise click.BadParameter(f"{name} is empty", param_hint="--password-file")
    return password
