"""What a check costs the host application, over loopback."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import questions
from doorward_bench.bench import Bench, Row
from doorward_bench.cerbos import CerbosServer
from doorward_bench.contests import EVALUATION, default_server
from doorward_bench.peers import Unavailable
from doorward_bench.rounds import Measure, Side, at_most_of_peer, compare, p50
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from doorward_bench.result import Figure
    from doorward_bench.server import DoorwardServer

_BARE = "http.client"
_AGREE = 100
_MEASURES = (
    Measure(case="p50", unit="us", of=p50, goal=at_most_of_peer(1.8, 1.3), peers=(_BARE,)),
    Measure(case="p50", unit="us", of=p50, peers=("requests", "cerbos (HTTP)", "cerbos (gRPC)")),
)


def run(bench: Bench) -> list[Figure]:
    """The SDK, http.client and requests ask Doorward; the cerbos client asks Cerbos."""
    asked = questions.random_questions(1_000)
    with ExitStack() as stack:
        server = default_server(bench, stack)
        ours = stack.enter_context(
            WorkerSide(
                bench.peers.doorward_python,
                "client_doorward",
                url=server.url,
                key=server.key,
                questions=asked,
                agree=_AGREE,
            )
        )
        sides: dict[str, Side] = {"doorward": ours}
        raw = _raw(server, asked)
        sides[_BARE] = stack.enter_context(WorkerSide(bench.peers.doorward_python, "client_bare", **raw))
        missing = ""
        try:
            sides["requests"] = stack.enter_context(WorkerSide(bench.peers.python, "client_requests", **raw))
            _add_cerbos(bench, stack, sides, ours, asked)
        except Unavailable as error:
            missing = str(error)
        return compare(bench, sides, _MEASURES, missing)


def _raw(server: DoorwardServer, asked: list[questions.Asked]) -> dict[str, object]:
    return {
        "host": server.host,
        "port": server.port,
        "url": server.url,
        "path": EVALUATION,
        "headers": server.headers,
        "bodies": [questions.authzen(one) for one in asked],
    }


def _add_cerbos(
    bench: Bench, stack: ExitStack, sides: dict[str, Side], ours: WorkerSide, asked: list[questions.Asked]
) -> None:
    server = stack.enter_context(CerbosServer(bench.peers.cerbos, bench.folder / "cerbos"))
    address = f"{server.host}:{server.grpc_port}"
    for name, grpc in (("cerbos (HTTP)", False), ("cerbos (gRPC)", True)):
        peer = stack.enter_context(
            WorkerSide(
                bench.peers.python,
                "client_cerbos",
                url=server.url,
                address=address,
                grpc=grpc,
                questions=asked,
                agree=_AGREE,
            )
        )
        if peer.facts["answers"] != ours.facts["answers"]:
            raise RuntimeError("Cerbos decides otherwise than doorward")
        sides[name] = peer


ROW = Row(
    name="sdk-check",
    title="`Doorward.check` of the SDK over loopback",
    goals="p50 <= 1.8 x bare http.client, stretch 1.3",
    run=run,
    notes=("One thread, one kept connection. The CPU time is the client's.",),
)
