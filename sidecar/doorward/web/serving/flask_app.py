"""The endpoints as a Flask application: for any WSGI server, the test client, and all that is not hot."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, Rule
from werkzeug.wrappers import Response as WerkzeugResponse

from doorward.web.endpoints import Endpoint, Gate, refuse, with_request_id
from doorward.web.http import MAX_BODY_BYTES, MIN_FACTS, MIN_REVISION, Request, Response, TooLarge, problem
from doorward.web.later import waited

_FLAG = "flag"
UNIX_SOCKET = "unix"
"""The REMOTE_ADDR of a client on a Unix socket."""


def is_local(address: str) -> bool:
    """Whether a client address is on this machine."""
    if address == UNIX_SOCKET:
        return True
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def create_app(endpoints: Iterable[Endpoint], gate: Gate) -> flask.Flask:
    """Make the application."""
    app = flask.Flask("doorward", static_folder=None)
    app.url_rule_class = _MatchedRule
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.merge_slashes = False  # one path, one spelling
    app.url_map.converters[_FLAG] = _FlagKey
    for endpoint in endpoints:
        app.add_url_rule(
            _rule(endpoint.path),
            endpoint=endpoint.name,
            view_func=_view(endpoint, gate),
            methods=[endpoint.method],
            strict_slashes=True,
            provide_automatic_options=False,
        )
    app.register_error_handler(HTTPException, _http_error)
    return app


class _MatchedRule(Rule):
    """A rule that finds the endpoint of a path. The way back is never asked for, and making it is most of its cost."""

    def _compile_builder(self, *_: object, **__: object) -> Callable[..., tuple[str, str]]:
        return _not_built


def _not_built(_rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError("paths of endpoints are written down, not built")


class _FlagKey(BaseConverter):
    """A flag's key: any text at all, slashes at its ends too."""

    part_isolating = False
    regex = r"[\s\S]+?"


def _rule(path: str) -> str:
    """A path as Flask writes it."""
    return path.replace("{flag}", f"<{_FLAG}:flag>").replace("{", "<path:").replace("}", ">")


def _view(endpoint: Endpoint, gate: Gate) -> Callable[..., WerkzeugResponse]:
    def view(**parameters: str) -> WerkzeugResponse:
        try:
            body = flask.request.get_data(cache=False)
        except RequestEntityTooLarge:
            request = _request(b"", parameters)
            return _render(with_request_id(request, refuse(endpoint, request, TooLarge())))
        return _render(waited(gate.answer(endpoint, _request(body, parameters))))

    return view


def _request(body: bytes, parameters: Mapping[str, str] | None = None) -> Request:
    address = flask.request.remote_addr or ""
    return Request(
        flask.request.headers.get,
        body,
        "" if address == UNIX_SOCKET else address,
        is_local=is_local(address),
        query=flask.request.query_string.decode("ascii", "replace"),
        parameters=parameters or {},
        min_revision=flask.request.headers.get(MIN_REVISION),
        min_facts=flask.request.headers.get(MIN_FACTS),
        may_block=True,
    )


def _render(response: Response) -> WerkzeugResponse:
    rendered = WerkzeugResponse(response.body, response.status, response.headers)
    if all(name != "content-type" for name, _ in response.headers):
        del rendered.headers["content-type"]  # Werkzeug's own: there is no body to be of a type
    return rendered


def _http_error(error: HTTPException) -> WerkzeugResponse:
    """What Flask refuses by itself: unknown paths and methods."""
    status = error.code or 500
    path = flask.request.path
    fix = {
        404: f"there is no {path}; /openapi.json lists what there is",
        405: f"{flask.request.method} is not allowed on {path}; /openapi.json lists what is",
    }.get(status, error.description or error.name)
    allow = [("allow", ", ".join(sorted(value.split(", ")))) for name, value in error.get_headers() if name == "Allow"]
    names = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    response = problem(status, names.get(status, "http"), error.name, fix, allow)
    return _render(with_request_id(_request(b""), response))
