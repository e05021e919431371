"""The client that decorators ask when they were given none: the one global of this package."""

from __future__ import annotations

from doorward_sdk.client import Doorward

_client: Doorward | None = None


def configure(client: Doorward | None) -> None:
    """Make `client` the one that decorators ask; None: a new `Doorward()`, made when it is needed.

    The client before is not closed.
    """
    global _client  # noqa: PLW0603 - the one global of this package
    _client = client


def default_client() -> Doorward:
    """The configured client, else a `Doorward()` of the environment, made at its first use."""
    # No lock: two threads may make one each at first, and the one that is dropped has cost nothing.
    client = _client
    if client is None:
        client = Doorward()
        configure(client)
    return client
