"""The application itself as what a command talks to: on a tree's files, or on the state directory."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from doorward.bootstrap import (
    accepted_application,
    folder_application,
    in_process,
    load_folder,
    make_authenticator,
    open_recorded,
    operator_authenticator,
)
from doorward.cli.serving.configured import configured
from doorward.cli.serving.databases import read_database
from doorward.cli.serving.places import served_place
from doorward.cli.serving.trust import trust_of_environment
from doorward.domain.errors import PolicyInvalid, Problem
from doorward.settings import Writing, master_key_file, writing
from doorward.sources.git.signatures import signing_key_fault
from doorward.store.state import StateLock, read_admin_key
from doorward_sdk import Doorward, InProcessTransport


@contextlib.contextmanager
def on_tree(policy: Path) -> Iterator[Doorward]:
    """A client that a tree's files answer. Raises PolicyInvalid."""
    with Doorward(transport=InProcessTransport(in_process(policy))) as client:
        yield client


@contextlib.contextmanager
def on_state(state: Path) -> Iterator[Doorward]:
    """A client that the application answers, on the state directory, which is locked meanwhile.

    Of a git repository it serves what a sidecar has accepted: it fetches nothing until it changes something.
    Nobody needs a key here: who can open the database and its master key can do everything; so a first key
    that was lost is replaced.

    Raises:
        PolicyInvalid: there is no policy to answer from, or it does not load.
        StateUnusable: the state directory or the database cannot be had.
    """
    place = served_place(None, else_folder=state / "policy")
    trust = trust_of_environment(place, state)
    if isinstance(place, Path):
        if place == state / "policy" and not place.exists():
            message = (
                f"no such folder, and no sidecar runs on {state}; start one with `doorward serve`, name another with"
                " --url, DOORWARD_URL or DOORWARD_STATE, or a policy with DOORWARD_POLICY (`doorward init` makes one)"
            )
            raise PolicyInvalid([Problem(path=str(place), line=0, message=message)])
        load_folder(place)  # before anything is made: there may be nothing to ask here
    lock = StateLock(state)
    try:
        configuration = configured()
        recorded = open_recorded(
            read_database(state, None), state, master_key_file(), usage_days=configuration.usage_days
        )
        key = os.environ.get("DOORWARD_KEY") or read_admin_key(state)
        authenticator = operator_authenticator() if key is None else make_authenticator(None, no_auth=False)
        if isinstance(place, Path):
            application = folder_application(
                place, authenticator, writing=_writing(), recorded=recorded, configuration=configuration
            )
        else:
            application = accepted_application(
                place,
                state,
                trust,
                authenticator,
                writing=_writing(),
                recorded=recorded,
                configuration=configuration,
            )
        try:
            with Doorward(key=key, transport=InProcessTransport(application.door.handle)) as client:
                yield client
        finally:
            application.close()
    finally:
        lock.release()


def _writing() -> Writing:
    try:
        chosen = writing()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DOORWARD_CHANGES") from error
    key = chosen.signing_key
    if key is not None and (fault := signing_key_fault(key)) is not None:
        raise click.BadParameter(fault, param_hint="DOORWARD_SIGNING_KEY")
    return chosen
