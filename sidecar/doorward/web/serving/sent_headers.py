"""The headers that Granian brings, as WSGI has them.

Granian copies all of them each time that a scope is asked for its headers, and looking one up there costs more than in
a dict: so they are taken out once.
"""

from collections.abc import Callable
from typing import Any

from doorward.web.http import Headers

Lookup = Callable[[str], str | None]
"""A header by its lower-case name."""


def lookup(headers: Any) -> Lookup:  # noqa: ANN401 - Granian's type
    """A header by name, as WSGI has it: repeated ones joined; empty where it is not ASCII, so that it is not absent."""
    sent = headers.items()
    plain: dict[str, str] = dict(sent)
    if len(plain) == len(sent) == len(headers):  # none is repeated, and none left out
        return plain.get

    def header(name: str) -> str | None:
        values = headers.get_all(name)
        if values:
            return values[0] if len(values) == 1 else ",".join(values)
        return "" if name in headers else None

    return header


def all_headers(headers: Any) -> Headers:  # noqa: ANN401 - Granian's type
    """All headers for WSGI, which takes `X_API_KEY` for `X-API-Key`: such names are left out."""
    sent: Headers = headers.items()
    unreadable = set(headers.keys()).difference(name for name, _ in sent)
    return [(name, value) for name, value in [*sent, *((name, "") for name in unreadable)] if "_" not in name]
