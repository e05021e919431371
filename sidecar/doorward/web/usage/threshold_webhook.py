"""Tells of thresholds by a webhook, signed as Standard Webhooks has it (standardwebhooks.com, symmetric signatures)."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import msgspec

from doorward.domain.usage_thresholds import Threshold
from doorward.web.times import time_of
from doorward.web.usage.checking import threshold_item

TYPE: Final = "usage.threshold"
LOOKUP_SECONDS: Final = 5.0
STEP_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 15.0
_SECOND: Final = 1_000_000
_SHOWN: Final = 200
_OK: Final = range(200, 300)
_MISLEADING: Final = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)
"""IPv6 networks within which an address stands for one of IPv4, which may be a private one."""
Resolve = Callable[[str, int], Sequence[str]]


class NameLookup:
    """Looks names up, and waits for an answer so long at most.

    The C library's lookup cannot be cut off, so it runs in a thread. There is one at a time: a silent name server costs
    one thread, not one a try.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._running: Future[Sequence[str]] | None = None

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host. Raises OSError where it has none, or where nobody says in time."""
        if self._running is None or self._running.done():
            self._running = Future()
            work = (self._running, host, port)
            threading.Thread(target=self._run, args=work, name="name lookup", daemon=True).start()
        try:
            return self._running.result(timeout=LOOKUP_SECONDS)
        except NotYet:
            raise OSError(f"the addresses of {host} were not told within {LOOKUP_SECONDS:g} seconds") from None

    def _run(self, found: "Future[Sequence[str]]", host: str, port: int) -> None:
        try:
            found.set_result(self._resolve(host, port))
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            found.set_exception(error)


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host. Raises OSError."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class ThresholdWebhook:
    """The port `Teller`: one POST for each threshold; 2xx means that it was heard. A try ends within half a minute.

    The operator says where it goes. An address that stands in the URL itself may be a private one; a name must lead to
    public addresses alone, so that whoever answers for the name cannot lead to what is behind the firewall. Redirects
    are not followed.
    """

    def __init__(self, url: str, secret: bytes, resolve: Resolve = resolve) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret
        self._lookup = NameLookup(resolve)

    def tell(self, threshold: Threshold, now: int) -> str | None:
        """Tell it; None where it was heard, else why not."""
        timestamp = str(now // _SECOND)
        item = threshold_item(threshold)
        body = msgspec.json.encode({"type": TYPE, "timestamp": time_of(threshold.passed_at), "data": item})
        headers = {
            "content-type": "application/json",
            "user-agent": "doorward",
            "webhook-id": threshold.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._secret, threshold.id, timestamp, body),
        }
        try:
            with self._connected() as connection:
                connection.request("POST", self._target, body, headers)
                status = connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"{type(error).__name__}: {str(error)[:_SHOWN]!r}"  # it may hold what the other side has sent
        return None if status in _OK else f"the answer was {status}"

    @contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection that ends within WHOLE_SECONDS, however slowly the other side speaks."""
        address = self._address()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=STEP_SECONDS)
        connection.default_port = 443 if self._is_tls else 80  # which the Host header leaves out
        timer = threading.Timer(WHOLE_SECONDS, _cut, (connection,))
        timer.daemon = True
        try:
            connection.sock = raw = socket.create_connection((address, self._port), timeout=STEP_SECONDS)
            timer.start()
            if self._is_tls:
                connection.sock = wrapped = ssl.create_default_context().wrap_socket(
                    raw, server_hostname=self._host, do_handshake_on_connect=False
                )
                wrapped.do_handshake()
            yield connection
        finally:
            timer.cancel()
            connection.close()

    def _address(self) -> str:
        """Where to connect to: looked up once, and checked. Raises OSError."""
        try:
            return str(ipaddress.ip_address(self._host))
        except ValueError:
            found = self._lookup.addresses(self._host, self._port)
        if not found:
            raise OSError(f"{self._host} has no address")
        for one in found:
            if not _is_public(one):
                raise OSError(f"{self._host} leads to {one}, which is not public; give the address itself in the URL")
        return found[0]


def sign(secret: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def _is_public(address: str) -> bool:
    """Whether an address is one of the whole Internet, not of a machine or network, and hides none of these."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return _is_public(str(found.ipv4_mapped))
        if any(found in network for network in _MISLEADING):
            return False
    return found.is_global and not found.is_multicast


def _cut(connection: http.client.HTTPConnection) -> None:
    with suppress(AttributeError, OSError):  # it ended by itself
        connection.sock.shutdown(socket.SHUT_RDWR)
