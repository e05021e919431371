"""One HTTP/1.1 request as bytes, head and body together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doorward_sdk.errors import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

_METHOD = re.compile(r"[A-Z]+\Z")
_TARGET = re.compile(r"/[\x21-\x7e]*\Z")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_VALUE = re.compile(r"[\x20-\x7e\t]*\Z")
_OURS = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def render_request(method: str, target: str, host: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """The bytes to send.

    Raises:
        MalformedRequest: a part would change where the next one starts; its value is not repeated.
    """
    if not _METHOD.match(method):
        raise MalformedRequest(f"method {method!r}: write GET, POST, PUT, PATCH or DELETE")
    if not _TARGET.match(target):
        raise MalformedRequest("path: start it with / and percent-encode blanks and control characters")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    for name, value in headers:
        if not _NAME.match(name) or name.lower() in _OURS:
            raise MalformedRequest(f"header {name!r} cannot be set; leave it out")
        if not _VALUE.match(value):
            raise MalformedRequest(f"header {name}: the value must be visible ASCII")
        lines.append(f"{name}: {value}")
    if body or method not in {"GET", "HEAD"}:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
