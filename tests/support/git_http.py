"""A smart HTTP git server in a process of its own: `git http-backend` behind http.server.

`python git_http.py ROOT HOST PORT` serves the bare repositories in ROOT and prints its port. What stands in
`ROOT/mode` is read at each request: `ok`, `slow` (a byte a second), `hang`, `error`, `garbage`, `flood`
(refs without end), `pack-slow` (slow from the pack on), `auth USER:PASSWORD`.
"""

import base64
import http.server
import os
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Final

HANG_SECONDS: Final = 60


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    root: Path

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
        with (self.root / "log").open("a") as log:
            log.write(f"{self.command} {self.path} {format % arguments}\n")

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().strip(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: bytes) -> None:
        mode, _, secret = (self.root / "mode").read_text().strip().partition(" ")
        if (
            mode == "auth"
            and self.headers.get("Authorization") != "Basic " + base64.b64encode(secret.encode()).decode()
        ):
            self._send(HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        elif mode == "hang":
            time.sleep(HANG_SECONDS)
        elif mode == "error":
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"broken\n")
        elif mode == "flood":
            self._flood()
        elif mode == "garbage":
            kind = "application/x-git-upload-pack-advertisement"
            self._send(HTTPStatus.OK, [("Content-Type", kind)], os.urandom(100_000))
        else:
            self._backend(body, slowly=mode == "slow" or (mode == "pack-slow" and b"command=fetch" in body))

    def _backend(self, body: bytes, *, slowly: bool) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
        }
        ended = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=environment, check=False, timeout=120
        )
        head, _, content = ended.stdout.partition(b"\r\n\r\n")
        fields = [line.partition(": ")[::2] for line in head.decode("latin-1").split("\r\n") if line]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), HTTPStatus.OK)
        self._send(status, [field for field in fields if field[0] != "Status"], content, slowly=slowly)

    def _flood(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        head = b"# service=git-upload-pack\n"
        self.wfile.write(b"%04x%s0000" % (len(head) + 4, head))
        for number in range(1 << 40):
            line = b"%040x refs/heads/branch-%d%s\n" % (number + 1, number, b"" if number else b"\0agent=git/2")
            self.wfile.write(b"%04x%s" % (len(line) + 4, line))

    def _send(self, status: int, fields: list[tuple[str, str]], content: bytes, *, slowly: bool = False) -> None:
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for place in range(0, len(content), 1 if slowly else len(content) or 1):
            self.wfile.write(content[place : place + 1] if slowly else content)
            self.wfile.flush()
            time.sleep(1 if slowly else 0)


class Server(http.server.ThreadingHTTPServer):
    """Many connections; a client that goes away is no fault."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    Handler.root = Path(sys.argv[1])
    with Server((sys.argv[2], int(sys.argv[3])), Handler) as server:
        print(server.server_address[1], flush=True)  # noqa: T201 - whoever started it reads it
        server.serve_forever()
