"""Where a sidecar answers."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

UNIX_PREFIX: Final = "unix:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the sidecar answers: a host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    unix_path: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """Read `HOST:PORT` or `unix:PATH`. Raises ValueError naming the fix."""
        if text.startswith(UNIX_PREFIX):
            path = text.removeprefix(UNIX_PREFIX)
            if not path:
                raise ValueError("--listen unix: needs a path, like unix:/run/doorward.sock")
            return cls(unix_path=path)
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:  # noqa: PLR2004
            raise ValueError(f"--listen {text!r} is no address; write HOST:PORT or unix:PATH")
        return cls(host=host, port=int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.unix_path is not None or self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.unix_path is not None:
            return f"{UNIX_PREFIX}{self.unix_path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
