"""The storm: a folder that is edited and broken under load is never answered from in halves, and no request fails."""

import logging
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from e2e.test_reload_breakages import BREAKAGES, refusal
from e2e.test_reload_writers import (
    DOCUMENTS,
    WRITERS,
    Asker,
    Files,
    body,
    by_rename,
    good_answer,
    good_tree,
    revision_of,
)
from support.sidecars import Sidecar, Start
from support.slack import SLACK
from support.trees import ACCESS_RULES, DIRECTORY, write_tree

EDITS = 200
HOLDS_SECONDS = 1.0
SLOW_SECONDS = 0.08
NOTHING = (False,) * len(DOCUMENTS)
QUESTIONS = (("1",), ("3",), DOCUMENTS, DOCUMENTS * 20)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """Equal answers in a row: when the first and the last of them were asked for."""

    revision: str
    decisions: list[bool]
    first: float
    last: float
    count: int = 1


class Client(threading.Thread):
    """Asks the same over one kept-alive connection until it is told to stop, with a pause after each answer."""

    def __init__(self, sidecar: Sidecar, documents: Sequence[str], stop: threading.Event, pause_seconds: float) -> None:
        super().__init__(name=f"client of {len(documents)}")
        self.documents = documents
        self.runs: list[Run] = []
        self.failure: BaseException | None = None
        self._sidecar = sidecar
        self._stop_asking = stop
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        path = "/access/v1/evaluation" if len(self.documents) == 1 else "/access/v1/evaluations"
        content = body(*self.documents)
        try:
            with Asker(self._sidecar) as asker:
                while not self._stop_asking.is_set():
                    asked = time.monotonic()
                    self._note(asked, *asker.post(path, content))
                    time.sleep(self._pause_seconds)
        except BaseException as failure:  # noqa: BLE001 - the test raises it
            self.failure = failure

    def _note(self, asked: float, revision: str, decisions: list[bool]) -> None:
        last = self.runs[-1] if self.runs else None
        if last is not None and last.revision == revision and last.decisions == decisions:
            last.last = asked
            last.count += 1
        else:
            self.runs.append(Run(revision, decisions, asked, asked))


@contextmanager
def load(sidecar: Sidecar, pause_seconds: float = 0.002) -> Iterator[list[Client]]:
    """Clients that ask all the time."""
    stop = threading.Event()
    clients = [Client(sidecar, documents, stop, pause_seconds) for documents in QUESTIONS]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        stop.set()
        for client in clients:
            client.join(20)


@dataclass
class Folder:
    """The edited folder, and what may be answered from it: by revision, which edit made it and what it says."""

    root: Path
    number: int = 1
    known: dict[str, tuple[float, tuple[bool, ...]]] = field(default_factory=dict)
    written: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._know(good_tree(1), 1, good_answer(1))

    def _know(self, files: Files, number: float, answer: tuple[bool, ...]) -> None:
        self.known[revision_of(files)] = (number, answer)

    def write(self, write: Callable[[Path, Files], None]) -> None:
        """Make the next good tree."""
        old, self.number = good_tree(self.number), self.number + 1
        new = good_tree(self.number)
        self._know(new, self.number, good_answer(self.number))
        write(self.root, new)
        self.written[self.number] = time.monotonic()
        times = [(self.root / name).stat().st_ctime for name in (ACCESS_RULES, DIRECTORY)]
        if max(times) - min(times) > SLOW_SECONDS:  # the machine slept in between: then half of it was a tree for long
            for one, other in ((new, old), (old, new)):
                half = {**other, ACCESS_RULES: one[ACCESS_RULES]}
                self._know(half, self.number - 0.5, NOTHING)
                self._know({name: half[name] for name in half if name != DIRECTORY}, self.number - 0.5, NOTHING)


def latencies(folder: Folder, clients: Sequence[Client]) -> list[float]:
    """For every good tree that was waited for: how long after its writing an older one was still asked successfully."""
    found = []
    for number, written in folder.written.items():
        older = [run.last for client in clients for run in client.runs if folder.known[run.revision][0] < number]
        found.append(max([moment - written for moment in older if moment > written], default=0.0))
    return found


def storm(folder: Folder, running: Sidecar, edits: int) -> None:
    """Good and broken trees in turn, each written in another way; now and then several without waiting."""
    with Asker(running) as asker:
        for turn in range(edits // 2):
            BREAKAGES[turn * 7 % len(BREAKAGES)].spoil(folder.root)
            refusal(running)
            if turn % 4 == 3:
                for _ in range(2):
                    folder.write(by_rename)
                    time.sleep(0.02)
                BREAKAGES[turn % len(BREAKAGES)].spoil(folder.root)
            folder.write(WRITERS[turn % len(WRITERS)])
            asker.wait_for(good_tree(folder.number))


@pytest.mark.timeout(900)
def test_no_answer_fails_or_mixes_revisions_while_the_folder_is_edited_and_broken(
    sidecar: Start, tmp_path: Path, scale: float, record_property: Callable[[str, object], None]
) -> None:
    folder = Folder(write_tree(tmp_path / "policy", good_tree(1)))
    running = sidecar("--policy", str(folder.root))
    with load(running) as clients:
        storm(folder, running, max(16, round(EDITS * scale)))
        time.sleep(0.05)
    assert [client.failure for client in clients] == [None] * len(clients)
    for client in clients:
        served = [folder.known[run.revision] for run in client.runs]  # an unknown revision is a KeyError
        for run, (_, says) in zip(client.runs, served, strict=True):
            assert run.decisions == [says[DOCUMENTS.index(name)] for name in client.documents], run
        numbers = [number for number, _ in served]
        assert numbers == sorted(numbers), "a right that was taken away came back"
        assert numbers[-1] == folder.number
    answers = sum(run.count for client in clients for run in client.runs)
    held = latencies(folder, clients)
    told = f"{len(held)} revocations held after {statistics.median(held):.3f} s, at most {max(held):.3f} s"
    _log.info("%s; %d answers", told, answers)
    record_property("revocations", told)
    assert answers > 100 * len(clients)
    assert statistics.median(held) < HOLDS_SECONDS
    assert max(held) < HOLDS_SECONDS * SLACK
