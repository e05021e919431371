"""A Cerbos server with the policy that Doorward starts with, said in its own words."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

from doorward_bench.peers import Unavailable
from doorward_bench.processes import stop

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "/api/check/resources"
_READY_SECONDS = 30
_CONFIG = """\
server: {{httpListenAddr: "127.0.0.1:{http}", grpcListenAddr: "127.0.0.1:{grpc}"}}
storage: {{driver: disk, disk: {{directory: "{policies}", watchForChanges: false}}}}
audit: {{enabled: false}}
telemetry: {{disabled: true}}
"""
_POLICY = """\
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: {kind}
  version: default
  rules:
{rules}
"""
_RULE = "  - {{actions: {actions}, effect: EFFECT_ALLOW, roles: {roles}}}"
_RULES = {
    "agents": ((["view"], ["viewer", "user", "admin"]), (["execute"], ["user", "admin"]), (["*"], ["admin"])),
    "workflows": ((["view"], ["viewer", "user", "admin"]), (["execute"], ["user", "admin"]), (["*"], ["admin"])),
    "records": ((["*"], ["admin"]),),
}


class CerbosServer:
    """Started on free ports of loopback, audit log and telemetry off."""

    def __init__(self, binary: Path, folder: Path) -> None:
        policies = folder / "policies"
        policies.mkdir(parents=True)
        for kind, rules in _RULES.items():
            lines = [_RULE.format(actions=json.dumps(actions), roles=json.dumps(roles)) for actions, roles in rules]
            (policies / f"{kind}.yaml").write_text(_POLICY.format(kind=kind, rules="\n".join(lines)))
        self.host, self.port, self.grpc_port = "127.0.0.1", _free_port(), _free_port()
        config = folder / "config.yaml"
        config.write_text(_CONFIG.format(http=self.port, grpc=self.grpc_port, policies=policies))
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [str(binary), "server", f"--config={config}", "--log-level=warn"],
            stdout=self._log,
            stderr=self._log,
            text=True,
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where its HTTP API answers."""
        return f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request to it carries."""
        return {"Content-Type": "application/json"}

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
            try:
                connection.request("GET", "/_cerbos/health")
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        raise Unavailable(f"Cerbos did not answer within {_READY_SECONDS} s; its log is {self._log.name}")

    def close(self) -> None:
        """Stop it."""
        stop(self.process)
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
