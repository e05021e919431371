"""An import on its way: batches, refusals, and going on."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from doorward.cli.importing.lines import Lines
from doorward.cli.importing.records import Record, jsonl_reader, records
from doorward.cli.importing.refusals import Refusals
from doorward.cli.importing.resumption import Position
from doorward.cli.importing.run import BATCH_BYTES, import_records
from doorward.cli.importing.shapes import TENANTS
from doorward_sdk import ImportResult, ProblemResponse, StoreUnavailable


def item(name: str, size: int = 0) -> Record:
    return Record(line=int(name), last_line=int(name), ends_at=int(name) * 10, raw=b"", item={"name": name}, size=size)


class Sidecar:
    """Creates what it is sent, but for those that it knows or refuses; `chokes_on` makes it refuse a request whole."""

    def __init__(self, known: Sequence[str] = (), refused: Sequence[str] = (), chokes_on: Sequence[str] = ()) -> None:
        self._known, self._refused, self._chokes_on = known, refused, chokes_on
        self.requests: list[tuple[str, int]] = []

    def send(self, items: Sequence[Mapping[str, Any]], name: str) -> list[ImportResult]:
        self.requests.append((name, len(items)))
        if any(one["name"] in self._chokes_on for one in items):
            raise ProblemResponse(400, "malformed", "it chokes")
        return [self._result(one["name"]) for one in items]

    def _result(self, name: str) -> ImportResult:
        if name in self._refused:
            return ImportResult(None, "invalid", "refused")
        return ImportResult(name, "exists" if name in self._known else "created", None)


def run(found: Sequence[Record], sidecar: Sidecar) -> tuple[Position, list[str], list[Position]]:
    told: list[str] = []
    positions: list[Position] = []
    with Refusals(Path("f.jsonl"), None, b"", told.append) as refusals:
        reached = import_records(found, sidecar.send, Position(), refusals, positions.append)
    return reached, told, positions


def test_records_are_sent_by_two_hundred_and_counted() -> None:
    sidecar = Sidecar(known=["7", "8"], refused=["450"])
    reached, told, positions = run([item(str(number)) for number in range(1, 451)], sidecar)
    assert sidecar.requests == [("1-200", 200), ("201-400", 200), ("401-450", 50)]
    assert reached == Position(line=450, offset=4500, created=447, exists=2, refused=1)
    assert [one.line for one in positions] == [200, 400, 450]
    assert told == ["f.jsonl:450: refused"]


def test_a_batch_is_no_larger_than_a_request_may_be() -> None:
    sidecar = Sidecar()
    run([item(str(number), BATCH_BYTES // 3) for number in range(1, 8)], sidecar)
    assert [count for _, count in sidecar.requests] == [3, 3, 1]


def test_records_with_faults_are_told_in_order_and_not_sent() -> None:
    sidecar = Sidecar(refused=["3"])
    faulty = Record(line=2, last_line=2, ends_at=20, raw=None, fault="no\x1bJSON")
    reached, told, _ = run([item("1"), faulty, item("3")], sidecar)
    assert sidecar.requests == [("1-3", 2)]
    assert told == ["f.jsonl:2: no<U+001B>JSON", "f.jsonl:3: refused"]
    assert (reached.created, reached.refused) == (1, 2)


def test_a_file_of_faults_alone_sends_nothing() -> None:
    sidecar = Sidecar()
    reached, _, _ = run([Record(line=1, last_line=1, ends_at=9, raw=b"", fault="no")], sidecar)
    assert (sidecar.requests, reached.refused, reached.line) == ([], 1, 1)


def test_the_records_that_a_request_is_refused_for_are_found() -> None:
    sidecar = Sidecar(chokes_on=["3", "150"])
    reached, told, _ = run([item(str(number)) for number in range(1, 201)], sidecar)
    assert told == ["f.jsonl:3: it chokes", "f.jsonl:150: it chokes"]
    assert (reached.created, reached.refused) == (198, 2)
    assert len({name for name, _ in sidecar.requests}) == len(sidecar.requests)


def test_an_outage_ends_the_import_where_it_was_answered_last() -> None:
    positions: list[Position] = []

    def send(items: Sequence[Mapping[str, Any]], name: str) -> list[ImportResult]:
        if name.startswith("201"):
            raise StoreUnavailable(503)
        return Sidecar().send(items, name)

    with Refusals(Path("f"), None, b"", print) as refusals, pytest.raises(StoreUnavailable):
        import_records([item(str(n)) for n in range(1, 301)], send, Position(), refusals, positions.append)
    assert [one.line for one in positions] == [200]


def test_refused_lines_are_kept_behind_a_header_for_their_owner_alone(tmp_path: Path) -> None:
    kept = tmp_path / "errors.csv"
    for line in (b"a,b\n", b"c,d\n"):
        with Refusals(Path("f.csv"), kept, b"x,y\n", str) as refusals:
            refusals.add(Record(line=2, last_line=2, ends_at=9, raw=line, fault="no"), "no")
            refusals.flush()
    assert kept.read_bytes() == b"x,y\na,b\nc,d\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_line_that_is_too_long_to_be_kept_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    with Refusals(Path("f.csv"), tmp_path / "errors.csv", b"", told.append) as refusals:
        refusals.add(Record(line=2, last_line=2, ends_at=9, raw=None, fault="long"), "long")
    assert told == ["f.csv:2: long", f"f.csv:2: not kept in {tmp_path / 'errors.csv'}"]


def test_many_lines_are_read_in_little_memory() -> None:
    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 100_000

        def seek(self, *_: int) -> int:
            return 0

        def readline(self, _size: int | None = -1, /) -> bytes:
            self.left -= 1
            return b'{"name": "a", "domain": "a.b"}\n' if self.left >= 0 else b""

    most = 0

    def send(items: Sequence[Mapping[str, Any]], _name: str) -> list[ImportResult]:
        nonlocal most
        most = max(most, len(items))
        return [ImportResult("a", "created", None)] * len(items)

    lines = Lines(Endless())  # type: ignore[arg-type]
    with Refusals(Path("f"), None, b"", str) as refusals:
        found = import_records(records(jsonl_reader(lines, TENANTS)), send, Position(), refusals, lambda _: None)
    assert (found.created, most) == (100_000, 200)
