"""Checks of a Cerbos server by its own Python client, over HTTP or gRPC."""

from __future__ import annotations

from typing import Any

from doorward_bench.questions import Asked
from doorward_bench.workers.loop import arguments, serve_calls


def main() -> None:
    """One client, one check a call."""
    wanted = arguments()
    asked = [Asked(*one) for one in wanted["questions"]]
    client, principal, resource_of = _over_grpc(wanted) if wanted["grpc"] else _over_http(wanted)

    def call(number: int) -> bool:
        subject, role, action, kind, resource = asked[number % len(asked)]
        allowed: bool = client.is_allowed(action, principal(subject, role), resource_of(resource, kind))
        return allowed

    serve_calls(call, answers=[call(number) for number in range(wanted["agree"])])


def _over_http(wanted: dict[str, Any]) -> tuple[Any, Any, Any]:
    from cerbos.sdk.client import CerbosClient  # noqa: PLC0415 - one of the two
    from cerbos.sdk.model import Principal, Resource  # noqa: PLC0415

    client = CerbosClient(wanted["url"])
    return client, lambda name, role: Principal(name, roles={role}), Resource


def _over_grpc(wanted: dict[str, Any]) -> tuple[Any, Any, Any]:
    from cerbos.engine.v1.engine_pb2 import Principal, Resource  # noqa: PLC0415 - one of the two
    from cerbos.sdk.grpc.client import CerbosClient  # noqa: PLC0415

    client = CerbosClient(wanted["address"], tls_verify=False)
    return (
        client,
        lambda name, role: Principal(id=name, roles={role}),
        lambda name, kind: Resource(id=name, kind=kind),
    )


if __name__ == "__main__":
    main()
