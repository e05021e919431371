"""What commands share that ask a sidecar: the client, the options, and what went wrong as an exit code."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

import click

from doorward.cli.connection import connected
from doorward.cli.terminal import Exit, fail, print_json, told
from doorward_sdk import (
    CallError,
    Conflict,
    Doorward,
    DoorwardError,
    LoginRefused,
    NotFound,
    NotPermitted,
    PasswordRefused,
    PolicyRefused,
    PreconditionFailed,
    ProblemResponse,
    StoreUnavailable,
)

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
POLICY: Final = "policy:read, or policy:write to change it, that is bound to no tenant"
NO_KEY: Final = (
    "set DOORWARD_KEY to a key that counts, or put one into STATE/admin.key; where none is left, stop the sidecar,"
    " take admin.key away and run `doorward keys create`"
)
url_option: Option = click.option(
    "--url", help="The sidecar to ask.  [default: DOORWARD_URL, else the one that holds the state]"
)
json_option: Option = click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")


def ask_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--url` and `--json`."""
    return url_option(json_option(command))


@contextlib.contextmanager
def asked(url: str | None, needs: str) -> Iterator[Doorward]:
    """A client to ask with; what it raises ends the command with a message and an exit code.

    `needs` says which scope the key has to have.
    """
    with answers_told(needs), connected(url) as client:
        yield client


@contextlib.contextmanager
def answers_told(needs: str) -> Iterator[None]:
    """Turn what a client raises, too, into messages and exit codes."""
    with told():
        try:
            yield
        except DoorwardError as error:
            _end(error, needs)


def print_list(items: Sequence[Any]) -> None:
    """Print a whole list as the API prints a page."""
    print_json({"items": [asdict(one) for one in items], "next": None})


def _end(error: DoorwardError, needs: str) -> None:
    match error:
        case NotPermitted(status=HTTPStatus.UNAUTHORIZED):
            fail(Exit.UNREACHABLE, str(error), NO_KEY)
        case NotPermitted():
            fail(Exit.UNREACHABLE, str(error), f"use a key with {needs} (DOORWARD_KEY)")
        case PolicyRefused():
            fail(Exit.DOES_NOT_LOAD, "\n".join(["nothing was changed, for the policy would not load:", *error.faults]))
        case PasswordRefused():
            fail(Exit.NO, "\n".join(["the password is refused:", *(f"  {one}" for one in error.reasons)]))
        case NotFound() | Conflict() | PreconditionFailed() | LoginRefused():
            fail(Exit.NO, error.detail or str(error))
        case StoreUnavailable():
            fail(Exit.UNREACHABLE, str(error), "try again in a moment, or look at the sidecar's log")
        case ProblemResponse():
            is_usage = error.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
            fail(Exit.USAGE if is_usage else Exit.UNREACHABLE, (is_usage and error.detail) or str(error))
        case CallError():
            fail(Exit.USAGE, str(error))
        case _:
            fail(Exit.UNREACHABLE, str(error), "start one with `doorward serve`, or name it with --url")
