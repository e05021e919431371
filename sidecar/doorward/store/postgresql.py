"""Connections to PostgreSQL that never wait for ever: the only module that connects to it."""

import math
import select
import time
from typing import Any, Final

import psycopg2
from psycopg2 import extensions

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StateUnusable
from doorward.store.patience import waiting

Connection = Any  # psycopg2 has no types

_CONNECTING: Final = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "application_name": "doorward",
    "client_encoding": "UTF8",
}
# The server gives up before we do, so that it says why, and does not go on with what nobody waits for.
_PATIENT_SERVER: Final = {
    "statement_timeout": "1500",
    "lock_timeout": "1200",
    "idle_in_transaction_session_timeout": "10000",
}
_UNHURRIED_SERVER: Final = {"statement_timeout": "0", "lock_timeout": "0"}


def connect(address: DatabaseAddress, *, autocommit: bool = False, hurried: bool = True) -> Connection:
    """A new connection, READ COMMITTED. Raises psycopg2.Error; its waits end as `patience` says.

    Raises:
        StateUnusable: the address cannot be read.
    """
    # psycopg2 knows one callback a process. It is set again each time, in case the host has set another one.
    extensions.set_wait_callback(_wait_for_answer)
    settings = dict(_PATIENT_SERVER if hurried else _UNHURRIED_SERVER, default_transaction_isolation=r"read\ committed")
    options = " ".join([_given_options(address), *(f"-c {name}={value}" for name, value in settings.items())])
    connection = psycopg2.connect(address.place, options=options.strip(), **_CONNECTING)
    connection.autocommit = autocommit
    return connection


def _given_options(address: DatabaseAddress) -> str:
    try:
        return str(extensions.parse_dsn(address.place).get("options", ""))
    except psycopg2.Error:  # its message may show a piece of the password
        raise StateUnusable(
            f"the address of the database {address} cannot be read by libpq; look at it again"
        ) from None


def _wait_for_answer(connection: Connection) -> None:
    """What psycopg2 calls instead of blocking. Where it raises, psycopg2 closes the connection."""
    with waiting() as left:
        ends = time.monotonic() + left
        while (state := connection.poll()) != extensions.POLL_OK:
            ready = select.poll()  # a new one: while connecting, each try has another socket
            ready.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
            if not ready.poll(None if left == math.inf else max(0.0, ends - time.monotonic()) * 1000):
                raise psycopg2.OperationalError("it does not answer in time")


def is_quiet(connection: Connection) -> bool:
    """Whether an idle connection is as we left it: a server that went away has closed it, or said so."""
    if connection.closed:
        return False
    ready = select.poll()
    ready.register(connection.fileno(), select.POLLIN)
    return not ready.poll(0)
