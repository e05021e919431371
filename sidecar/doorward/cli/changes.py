"""What commands that list and change policy share: the client, what went wrong, and a change that waits."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, TypeVar

import click

from doorward.cli.connection import connected
from doorward.cli.terminal import Exit, fail, print_json, told
from doorward_sdk import (
    CallError,
    Conflict,
    Doorward,
    DoorwardError,
    NotFound,
    NotPermitted,
    PendingChange,
    PolicyChange,
    PolicyRefused,
    ProblemResponse,
    Role,
    Rule,
)

_Made = TypeVar("_Made", Rule, Role, PolicyChange)
Option = Callable[[Callable[..., Any]], Callable[..., Any]]
url_option: Option = click.option(
    "--url", help="The sidecar to ask.  [default: DOORWARD_URL, else the one that holds the state]"
)
json_option: Option = click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")
reason_option: Option = click.option("--reason", default="", help="Why, in one line; it is kept in the commit.")


@contextlib.contextmanager
def asked(url: str | None) -> Iterator[Doorward]:
    """A client to ask with; what it raises ends the command with a message and an exit code."""
    with told():
        try:
            with connected(url) as client:
                yield client
        except NotPermitted as error:
            fix = "use a key with policy:read, or policy:write to change it, that is bound to no tenant (DOORWARD_KEY)"
            fail(Exit.UNREACHABLE, str(error), fix)
        except PolicyRefused as error:
            fail(Exit.DOES_NOT_LOAD, "\n".join(["nothing was changed, for the policy would not load:", *error.faults]))
        except (NotFound, Conflict) as error:
            fail(Exit.NO, error.detail or str(error))
        except ProblemResponse as error:
            is_usage = error.status == HTTPStatus.BAD_REQUEST
            fail(Exit.USAGE if is_usage else Exit.UNREACHABLE, (is_usage and error.detail) or str(error))
        except CallError as error:
            fail(Exit.USAGE, str(error))
        except DoorwardError as error:
            fail(Exit.UNREACHABLE, str(error), "start one with `doorward serve`, or name it with --url")


def print_list(items: Sequence[Any]) -> None:
    """Print a whole list as the API prints a page."""
    print_json({"items": [asdict(one) for one in items], "next": None})


def show_made(
    made: _Made | PendingChange, revision: str | None, show: Callable[[_Made], None], *, as_json: bool
) -> None:
    """Show what a change made and the revision that it is served with, or that it waits until somebody merges."""
    if as_json:
        print_json(asdict(made))
    elif isinstance(made, PendingChange):
        click.echo(f"waits for review on the branch {made.branch} (commit {made.commit[:12]})")
        click.echo("  next: merge it; until then nothing is served differently")
    else:
        show(made)
        if revision is not None:
            click.echo(f"revision     {revision}")
