"""Contests over HTTP: a Doorward server and a Cerbos server, the same questions, the same answers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import policies, questions
from doorward_bench.cerbos import CHECK, CerbosServer
from doorward_bench.peers import Unavailable
from doorward_bench.rounds import Measure, Side, compare
from doorward_bench.server import DoorwardServer
from doorward_bench.wrk import WrkSide, answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward_bench.bench import Bench
    from doorward_bench.result import Figure

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
BATCH = 50
_BODIES = 2_000
_AGREE = 100


def default_server(bench: Bench, stack: ExitStack) -> DoorwardServer:
    """A Doorward server with the policy that it starts with."""
    tree = policies.write_tree(bench.folder / "default", policies.DEFAULT_MODEL, policies.DEFAULT_RULES)
    return stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "state"))


def against_cerbos(bench: Bench, connections: int, measures: Sequence[Measure], *, batch: bool = False) -> list[Figure]:
    """Load both servers in turn with the same random questions."""
    wrk = bench.peers.wrk
    asked = questions.random_questions(_BODIES)
    if batch:
        groups = [asked[at : at + BATCH] for at in range(0, len(asked), BATCH)]
        ours, theirs = map(questions.authzen_batch, groups), map(questions.cerbos_batch, groups)
        path = EVALUATIONS
    else:
        ours, theirs = map(questions.authzen, asked), map(questions.cerbos, asked)
        path = EVALUATION
    our_bodies, their_bodies = list(ours), list(theirs)
    with ExitStack() as stack:
        server = default_server(bench, stack)
        sides: dict[str, Side] = {"doorward": WrkSide(wrk, server, path, our_bodies, connections, bench.folder)}
        missing = ""
        try:
            peer = stack.enter_context(CerbosServer(bench.peers.cerbos, bench.folder / "cerbos"))
        except Unavailable as error:
            missing = str(error)
        else:
            agreed = answers(server, path, our_bodies[:_AGREE], questions.authzen_answers)
            if agreed != answers(peer, CHECK, their_bodies[:_AGREE], questions.cerbos_answers):
                raise RuntimeError("Cerbos decides otherwise than doorward")
            sides["cerbos"] = WrkSide(wrk, peer, CHECK, their_bodies, connections, bench.folder)
        return compare(bench, sides, measures, missing)
