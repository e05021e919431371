"""The least that a WSGI application can do: read the body, answer what BARE_ANSWER names, at the path that says it."""

import os
from pathlib import Path
from typing import Any

_ANSWER = Path(os.environ["BARE_ANSWER"]).read_bytes()
_HEADERS = [("content-type", "application/json"), ("content-length", str(len(_ANSWER)))]


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ANN401 - WSGI
    """Answer anything."""
    environ["wsgi.input"].read()
    start_response("200 OK", _HEADERS)
    return [_ANSWER]
