"""A policy that changes while it is asked: when the change is seen, and what the others notice."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.contests import EVALUATION
from doorward_bench.result import Figure
from doorward_bench.revisions import RevisionWatch
from doorward_bench.rounds import at_most, at_most_of_peer
from doorward_bench.server import DoorwardServer
from doorward_bench.spread import ratios, spread
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WINDOW_SECONDS = 2
_SETTLE_SECONDS = 0.3
_PATIENCE_SECONDS = 60


def run(bench: Bench) -> list[Figure]:
    """One line, then every line, again and again under load."""
    size = 11_000 if bench.quick else 110_000
    rules = policies.mixed_rules(size)
    tree = policies.write_tree(bench.folder / "tree", policies.DEFAULT_MODEL, rules)
    bodies = [_authzen(one) for one in policies.mixed_questions(rules, 2_000)]
    with DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "state") as server:
        load = WrkSide(bench.peers.wrk, server, EVALUATION, bodies, 16, bench.folder)
        trial = _Trial(bench, server, load, tree, bodies[0])
        load.round(1)
        figures: list[Figure] = []
        for case, changed in (("changed rule", _one_changed), ("more role row", _role_added)):
            figures += trial.figures(f"one {case} of {size:,}", partial(changed, rules), (0.2, None), (3, 1.5))
            trial.restore(rules)
        return figures + trial.figures(f"{size:,} new lines", partial(_all_changed, rules), (2, None), None)


def _authzen(asked: policies.Asked) -> str:
    subject, resource = asked.sub, asked.obj.split(":", 1)
    return json.dumps(
        {
            "subject": {"type": "user", "id": subject.removeprefix("user:")},
            "action": {"name": asked.act},
            "resource": {"type": resource[0], "id": resource[1]},
            "context": {"tenant": asked.dom},
        }
    )


def _one_changed(rules: str, number: int) -> str:
    """Another subject in a line in the middle."""
    lines = rules.split("\n")
    at = len(lines) // 2
    fields = lines[at].split(", ")
    fields[2] = f"role:changed{number}"
    lines[at] = ", ".join(fields)
    return "\n".join(lines)


def _role_added(rules: str, number: int) -> str:
    """One user after the other gets a role, in the middle of the role rows."""
    lines = rules.rstrip("\n").split("\n")
    roles = [at for at, line in enumerate(lines) if line.startswith("g, ")]
    middle = roles[len(roles) // 2]
    fields = lines[middle].split(", ")
    new = [", ".join(("g", f"user:new{one}", *fields[2:])) for one in range(number + 1)]
    return "\n".join([*lines[:middle], *new, *lines[middle:]]) + "\n"


def _all_changed(rules: str, number: int) -> str:
    """Every rule renamed."""
    return rules.replace("p, rule-", f"p, new{number}-")


class _Trial:
    """One server, one load, many changes."""

    def __init__(self, bench: Bench, server: DoorwardServer, load: WrkSide, tree: Path, body: str) -> None:
        self._bench = bench
        self._load = load
        self._rules = tree / "policies/access.csv"
        self._watch = RevisionWatch(server, EVALUATION, body)

    def figures(
        self,
        case: str,
        changed: Callable[[int], str],
        visible: tuple[float, float | None],
        slower: tuple[float, float] | None,
    ) -> list[Figure]:
        """Rest and change in turn."""
        rest, during, seen, failed = [], [], [], []
        for number in range(self._bench.repeats):
            self._bench.progress.step(f"{case}: {number + 1}/{self._bench.repeats}")
            text = changed(number)
            rest.append(self._rest())
            slowest, seconds, failures = self._change(text)
            during.append(slowest)
            seen.append(seconds)
            failed.append(failures)
        return [
            Figure(case=f"{case}: visible after", unit="s", ours=spread(seen), goal=at_most(*visible)),
            Figure(
                case=f"{case}: p99 over {_WINDOW_SECONDS} s, to rest",
                unit="us",
                ours=spread(during),
                peer="at rest",
                theirs=spread(rest),
                ratio=ratios(during, rest),
                goal=at_most_of_peer(*slower) if slower else None,
            ),
            Figure(
                case=f"{case}: failed answers, all {len(failed)} changes together",
                unit="answers",
                ours=spread([sum(failed)]),
                goal=at_most(0),
            ),
        ]

    def restore(self, rules: str) -> None:
        """Serve these rules again, at rest."""
        self._change(rules)

    def _rest(self) -> float:
        with self._watch.watching():
            return float(self._load.run(_WINDOW_SECONDS)["p99"])

    def _change(self, text: str) -> tuple[float, float, int]:
        """The p99 of the two seconds around a change, the seconds until it is seen, and the answers that failed."""
        rounds: list[dict[str, Any]] = []

        def load() -> None:
            while not rounds or not self._watch.changed.is_set():  # the load lasts until the change is seen
                rounds.append(self._load.run(_WINDOW_SECONDS))

        new = self._rules.with_name(".new")
        new.write_text(text)
        with self._watch.watching():
            loading = threading.Thread(target=load)
            loading.start()
            time.sleep(_SETTLE_SECONDS)
            new.replace(self._rules)
            written = time.perf_counter()
            seen = self._watch.wait(_PATIENCE_SECONDS)
            loading.join()
        failed = sum(one["errors"] for one in rounds) + self._watch.failed
        return float(rounds[0]["p99"]), seen - written, failed


ROW = Row(
    name="reload",
    title="A changed policy under load",
    goals=(
        "one line: visible <= 0.2 s, p99 over 2 s <= 3 x rest (stretch 1.5); a whole tree: visible <= 2 s; "
        "no failed answer"
    ),
    run=run,
    notes=(
        (
            "The file is replaced by a rename while wrk loads the server with 16 connections; another connection "
            "reads Doorward-Revision every 5 ms. A folder is read when nothing changed for 100 ms."
        ),
        (
            "An answer has failed that is no 200, comes on a broken connection or after ten seconds; or, of those that "
            "the other connection reads, one that decides its question otherwise, which no change here is about."
        ),
    ),
)
