"""Which sidecar a command talks to: the one that is named, the one that runs, or the application itself."""

import contextlib
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

from doorward.settings import state_folder
from doorward.store.state import read_lock
from doorward_sdk import Doorward

COMMAND_SECONDS: Final = 10.0


@contextlib.contextmanager
def connected(url: str | None, policy: Path | None = None) -> Iterator[Doorward]:
    """A client to ask with.

    With `policy`, that tree's files answer in this process. Else `url` or DOORWARD_URL, and then
    only that; else the sidecar that holds the state directory; else the application in this
    process on the state directory, which it locks meanwhile.

    Raises:
        PolicyInvalid: the tree that was to answer does not load.
        StateUnusable: the state directory cannot be had.
    """
    address = url or os.environ.get("DOORWARD_URL")
    state = state_folder()
    holder = None if policy is not None or address else read_lock(state)
    if policy is None and (address or (holder is not None and holder.address)):
        with Doorward(address or None, timeout=COMMAND_SECONDS) as client:
            yield client
        return
    application = import_module("doorward.cli.own_application")  # costs more than asking a sidecar
    with application.on_state(state) if policy is None else application.on_tree(policy) as client:
        yield client
