"""The front door: hot endpoints are answered at once, everything else goes to Flask.

It speaks no protocol itself; web/serving/server.py carries requests from Granian to it, and the SDK's
in-process transport calls it directly.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.types import WSGIApplication

from doorward.domain.facts import FactsMissing
from doorward.web.endpoints import Endpoint, Gate
from doorward.web.http import MIN_FACTS, MIN_REVISION, Headers, Request, Response
from doorward.web.later import Finished, waited

_NOT_PREFIXED: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Door:
    """Every request comes through here, whatever carried it."""

    def __init__(self, endpoints: Iterable[Endpoint], gate: Gate, wsgi: WSGIApplication) -> None:
        self._gate = gate
        self._wsgi = wsgi
        endpoints = tuple(endpoints)
        hot = [one for one in endpoints if one.hot]
        self.hot = {(one.method, one.path): one for one in hot if "{" not in one.path}
        self._hot_below = tuple((one, *_below(one.path)) for one in hot if "{" in one.path)
        self._patient = tuple(
            (one.method, one.path.partition("{")[0]) for one in endpoints if one.patient or one.recorded
        )

    def hot_below(self, request: Request, method: str, path: str) -> Endpoint | None:
        """The hot endpoint that takes the rest of a path, decoded, as its parameter; the request gets it."""
        for endpoint, beginning, name in self._hot_below:
            if path.startswith(beginning) and len(path) > len(beginning) and method == endpoint.method:
                request.parameters = {name: path[len(beginning) :]}
                return endpoint
        return None

    def is_patient(self, method: str, path: str) -> bool:
        """Whether a request may wait for git, for others who change policy, or for a database that does not answer."""
        return any(method == one and path.startswith(beginning) for one, beginning in self._patient)

    def may_wait(self, header: Callable[[str], str | None]) -> bool:
        """Whether a request asks for a newer policy, or newer facts, than are known to be here; `header` looks one up.

        What is here already is waited for by nobody: such a request is as hot as one that asks for nothing.
        """
        return self._gate.may_wait(header(MIN_REVISION), header(MIN_FACTS))

    def answer_hot(self, endpoint: Endpoint, request: Request) -> Response | Finished:
        """Answer one of `hot`, without blocking; what is written down first is Finished after that.

        Raises:
            FactsMissing: it cannot be answered without; ask again by `answer_blocking`.
        """
        return self._gate.answer(endpoint, request)

    def answer_blocking(self, endpoint: Endpoint, request: Request) -> Response | Finished:
        """Answer one of `hot` where something has to be read first; may block."""
        request.may_block = True
        return self._gate.answer(endpoint, request)

    def answer_cold(  # noqa: PLR0913, PLR0917 - what a request is made of
        self, method: str, path: str, query: str, headers: Headers, body: bytes, remote: str
    ) -> Response:
        """Answer anything through Flask; may block. `path` is as it came, percent-encoded."""
        return call_wsgi(self._wsgi, method, path, query, headers, body, remote)

    def handle(self, method: str, target: str, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        """Answer a request of this process, as a client on this machine would be answered."""
        path, _, query = target.partition("?")
        by_name = {name.lower(): value for name, value in headers}
        request = Request(by_name.get, body, "127.0.0.1", is_local=True)
        endpoint = self.hot.get((method, path)) or self.hot_below(request, method, unquote(path))
        if endpoint is None or query or self.may_wait(by_name.get):
            response = self.answer_cold(method, path, query, headers, body, "127.0.0.1")
        else:
            try:
                response = waited(self.answer_hot(endpoint, request))
            except FactsMissing:
                response = waited(self.answer_blocking(endpoint, request))
        return response.status, response.headers, response.body


def _below(path: str) -> tuple[str, str]:
    """The beginning of a path that ends with one parameter, and the parameter's name."""
    beginning, _, name = path.partition("{")
    return beginning, name.removesuffix("}")


def call_wsgi(  # noqa: PLR0913, PLR0917 - what a request is made of
    app: WSGIApplication, method: str, path: str, query: str, headers: Headers, body: bytes, remote: str
) -> Response:
    """Call a WSGI application with one whole request and collect its whole answer."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "doorward",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": remote,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        lower = name.lower()
        key = _NOT_PREFIXED.get(lower) or "HTTP_" + lower.upper().replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    started: list[tuple[str, Sequence[tuple[str, str]]]] = []

    def start_response(status: str, response_headers: list[tuple[str, str]], _info: object = None) -> Any:  # noqa: ANN401
        started.append((status, response_headers))
        return lambda _data: None

    parts = app(environ, start_response)
    try:
        content = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    status, response_headers = started[-1]
    kept = [(name.lower(), value) for name, value in response_headers if name.lower() != "content-length"]
    return Response(int(status.split(" ", 1)[0]), kept, content)
