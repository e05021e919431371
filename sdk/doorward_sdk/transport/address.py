"""Where a sidecar listens: `http://`, `https://`, `unix:` and the bare `host:port` of a lock file."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from doorward_sdk.errors import ConfigurationError

_HOST = re.compile(r"[A-Za-z0-9._:%-]+\Z")
_PREFIX = re.compile(r"[A-Za-z0-9._~/%-]*\Z")
_UNIX = "unix:"
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """Where to connect to, and what to say there.

    Attributes:
        scheme: `http`, `https` or `unix`.
        host: the host's name or address; the socket's path for `unix`.
        port: 0 for `unix`.
        prefix: what stands before every path, without a slash at its end.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        if self.scheme == "unix":
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        """The address as it is written."""
        if self.scheme == "unix":
            return f"{_UNIX}{self.host}"
        return f"{self.scheme}://{self.host_header}{self.prefix}"


def parse_address(text: str) -> Address:
    """Read an address; without a scheme it means http.

    Raises:
        ConfigurationError: naming what is wrong with it.
    """
    if not text.isprintable() or " " in text:
        raise ConfigurationError(f"address {text!r} holds a blank or a control character; remove it")
    if text.startswith(_UNIX):
        return _unix_address(text)
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"address {text!r}: {error}") from None
    if parts.scheme not in _PORTS:
        raise ConfigurationError(f"address {text!r}: write http://, https:// or unix:/path, not {parts.scheme}://")
    if "@" in parts.netloc:
        raise ConfigurationError("address with a user or a password: give the key as key= or DOORWARD_KEY")
    if parts.query or parts.fragment or not _PREFIX.match(parts.path):
        raise ConfigurationError(f"address {text!r}: write a host, a port and at most a path")
    if not parts.hostname or not _HOST.match(parts.hostname) or port == 0:
        raise ConfigurationError(f"address {text!r}: write it like http://127.0.0.1:8642")
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path.rstrip("/"))


def _unix_address(text: str) -> Address:
    path = text[len(_UNIX) :]
    path = path.removeprefix("//")
    if not path:
        raise ConfigurationError(f"address {text!r}: write it like unix:/run/doorward.sock")
    return Address("unix", path, 0)
