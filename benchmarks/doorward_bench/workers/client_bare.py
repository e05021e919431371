"""The same requests by http.client alone: bytes out, bytes in, nothing parsed but the head."""

from __future__ import annotations

import http.client

from doorward_bench.workers.loop import arguments, serve_calls


def main() -> None:
    """One kept connection, one POST a call."""
    wanted = arguments()
    bodies = [body.encode() for body in wanted["bodies"]]
    connection = http.client.HTTPConnection(wanted["host"], wanted["port"], timeout=10)
    path, headers = wanted["path"], wanted["headers"]

    def call(number: int) -> bytes:
        connection.request("POST", path, bodies[number % len(bodies)], headers)
        return connection.getresponse().read()

    serve_calls(call)


if __name__ == "__main__":
    main()
