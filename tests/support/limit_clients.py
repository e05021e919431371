"""A process of clients of limits: each request is sent with its id until it is answered, whatever happens meanwhile.

Run as a program: an order as a line of JSON comes in, a journal goes out.
"""

import contextlib
import http.client
import json
import mmap
import random
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0
ANSWER_SECONDS = 5.0
SHORT_SECONDS = 0.004
MOSTLY = 0.95
SETTLED_SECONDS = 0.5
_SLOT = struct.Struct("<qq")


@dataclass(frozen=True)
class Order:
    """What a process of clients is to do. `counters` is a file with a slot for each thread of all processes."""

    work: str
    process: int
    threads: int
    times: int
    addresses: list[str]
    key: str
    tenant: str
    limit: str
    counters: str = ""


class Unanswered(Exception):  # noqa: N818 - what became of a request
    """No answer came, however often it was asked for."""


class Client:
    """Sends requests over one connection, to one address until that fails."""

    def __init__(self, order: Order, number: int, dice: random.Random) -> None:
        self._order = order
        self._dice = dice
        self._at = number
        self._connection: http.client.HTTPConnection | None = None
        self.resent = 0

    def ask(self, path: str, body: dict[str, object], impatience: float = 0.0) -> tuple[int, dict[str, Any]]:
        """The answer to a request. With a chance of `impatience`, an answer is not waited for, and asked for again."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            short = self._dice.random() < impatience
            try:
                status, content = self._send(path, body, SHORT_SECONDS if short else ANSWER_SECONDS)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, ConnectionRefusedError):
                    time.sleep(0.1)
                status = 503
            if status != 503:
                return status, json.loads(content)
            self.resent += 1
            self._lose(moves=not short)
        raise Unanswered(path, body)

    def _send(self, path: str, body: dict[str, object], seconds: float) -> tuple[int, bytes]:
        if self._connection is None:
            host, _, port = self._order.addresses[self._at % len(self._order.addresses)].rpartition(":")
            self._connection = http.client.HTTPConnection(host, int(port), timeout=ANSWER_SECONDS)
            self._connection.connect()
        self._connection.sock.settimeout(seconds)
        headers = {"Authorization": f"Bearer {self._order.key}", "Content-Type": "application/json"}
        sent = json.dumps({"tenant": self._order.tenant, **body})
        self._connection.request("POST", path, sent, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _lose(self, *, moves: bool) -> None:
        """The next try has a new connection, maybe to the next address."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._at += moves


class Worker:
    """One thread's work, and what counts of it by id."""

    def __init__(self, order: Order, number: int, start: threading.Barrier) -> None:
        self._order = order
        self._name = f"{order.work}-{order.process}-{number}"
        self._slot = order.process * order.threads + number
        self._dice = random.Random(self._name)  # noqa: S311 - the same work every time
        self.client = Client(order, self._slot, self._dice)
        self._start = start
        self.counts: dict[str, int] = {}
        self.refused = 0
        self.fault = ""
        self._unsure: dict[str, tuple[str, dict[str, object]]] = {}

    def run(self) -> None:
        work: dict[str, Callable[[], None]] = {"once": self._once, "mixed": self._mixed, "count": self._count}
        self._start.wait()
        try:
            work[self._order.work]()
            self._settle()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.fault = f"{type(error).__name__}: {error}"

    def _once(self) -> None:
        for number in range(self._order.times):
            self._consumed(f"{self._name}-{number}", 1)

    def _consumed(self, request_id: str, amount: int, impatience: float = 0.0) -> bool:
        body: dict[str, object] = {"limit": self._order.limit, "amount": amount, "id": request_id}
        status, answer = self._ask("/v1/limits/consume", body, impatience)
        if status != 200:
            raise AssertionError(status, answer)
        if answer["allowed"]:
            self.counts[request_id] = amount
        return bool(answer["allowed"])

    def _ask(self, path: str, body: dict[str, object], impatience: float) -> tuple[int, dict[str, Any]]:
        """Ask for something that may be refused."""
        before = self.client.resent
        status, answer = self.client.ask(path, body, impatience)
        if status == 200 and not answer["allowed"]:
            self.refused += 1
            if self.client.resent > before:
                self._unsure[str(body["id"])] = path, body
        return status, answer

    def _settle(self) -> None:
        """Ask once more for what was refused after it had been sent twice: the first may have come in after that."""
        if self._unsure:
            time.sleep(SETTLED_SECONDS)
        for request_id, (path, body) in self._unsure.items():
            status, answer = self.client.ask(path, body)
            if status == 409 or not answer["allowed"]:
                continue
            if path.endswith("/consume"):
                self.counts[request_id] = int(str(body["amount"]))
            else:
                self._end(request_id, "release", {}, 0, abandoned=True)

    def _mixed(self) -> None:
        for number in range(self._order.times):
            request_id = f"{self._name}-{number}"
            if self._dice.random() < 0.5:
                self._consumed(request_id, self._dice.randint(1, 4), 0.05)
            else:
                self._reserve(request_id)
            if request_id in self.counts and self._dice.random() < MOSTLY:
                self._return(request_id)
            if self._dice.random() < 0.1:
                self._again(request_id)

    def _again(self, request_id: str) -> None:
        """Maybe the same again, maybe with another content: what counts under an id counts once."""
        is_new = request_id not in self.counts
        body = {"limit": self._order.limit, "id": request_id}
        status, answer = self.client.ask("/v1/limits/consume", body)
        if status == 409 and (not is_new or request_id in self._unsure):
            return
        if status != 200 or (answer["allowed"] and not is_new and not answer.get("repeated")):
            raise AssertionError(status, answer)
        if answer["allowed"] and is_new:
            self.counts[request_id] = 1

    def _return(self, request_id: str) -> None:
        most = self.counts[request_id]
        amount = most if self._dice.random() < MOSTLY else self._dice.randint(1, most)
        body: dict[str, object] = {"id": request_id, "limit": self._order.limit, "amount": amount}
        status, answer = self.client.ask("/v1/limits/return", body, 0.05)
        if status == 200 or (status == 409 and "was returned before" in answer["detail"]):
            self.counts[request_id] -= amount
            return
        raise AssertionError(status, answer)

    def _reserve(self, request_id: str) -> None:
        amount, abandoned = self._dice.randint(1, 5), self._dice.random() < 0.1
        body: dict[str, object] = {"limit": self._order.limit, "amount": amount, "id": request_id}
        body["expires_in"] = 1 if abandoned else 600
        status, answer = self._ask("/v1/limits/reservations", body, 0.05)
        if status == 409 and abandoned and "has expired" in answer["detail"]:
            return
        if status != 200:
            raise AssertionError(status, answer)
        if not answer["allowed"]:
            return
        if abandoned:
            time.sleep(self._dice.choice([0, 0, 1]))
        if self._dice.random() < 0.3:
            self._end(request_id, "release", {}, 0, abandoned=abandoned)
            return
        real = self._dice.randint(0, amount + 2)
        if not self._end(request_id, "commit", {"amount": real}, real, abandoned=abandoned):
            self._end(request_id, "release", {}, real, abandoned=abandoned)

    def _end(self, request_id: str, verb: str, body: dict[str, object], amount: int, *, abandoned: bool) -> bool:
        """Commit an amount or release, maybe after a commit of that amount was refused; whether it has ended."""
        status, answer = self.client.ask(f"/v1/limits/reservations/{request_id}/{verb}", body, 0.05)
        detail = answer.get("detail", "")
        if (status == 200 and verb == "commit") or "was committed before" in detail:
            if amount:
                self.counts[request_id] = amount
        elif "no room for the rest" in detail:
            self.refused += 1
            return False
        elif not (status == 200 or "was released before" in detail or (abandoned and "has expired" in detail)):
            raise AssertionError(status, answer)
        return True

    def _count(self) -> None:
        begins = self._slot * _SLOT.size
        mine = slice(begins, begins + _SLOT.size)
        with Path(self._order.counters).open("r+b") as file, mmap.mmap(file.fileno(), 0) as counters:
            for number in range(self._order.times):
                counters[mine] = _SLOT.pack(number + 1, number)  # pack_into writes zeros first, for others to read
                if not self._consumed(f"{self._name}-{number}", 1, 0.02):
                    raise AssertionError("refused")
                counters[mine] = _SLOT.pack(number + 1, number + 1)


def counted_in(counters: Path) -> tuple[int, int]:
    """What all threads of all processes have attempted, and what was acknowledged to them."""
    slots = list(_SLOT.iter_unpack(counters.read_bytes()))
    return sum(one[0] for one in slots), sum(one[1] for one in slots)


def empty_counters(path: Path, threads: int) -> Path:
    """A file for so many threads."""
    path.write_bytes(bytes(_SLOT.size * threads))
    return path


def main() -> None:
    """Do what the order says, once a line comes after it."""
    order = Order(**json.loads(sys.stdin.readline()))
    start = threading.Barrier(order.threads)
    workers = [Worker(order, number, start) for number in range(order.threads)]
    print("ready", flush=True)  # noqa: T201 - to the test
    sys.stdin.readline()
    threads = [threading.Thread(target=one.run) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts: dict[str, int] = {}
    for one in workers:
        counts |= one.counts
    told = {
        "counts": counts,
        "refused": sum(one.refused for one in workers),
        "resent": sum(one.client.resent for one in workers),
        "faults": [one.fault for one in workers if one.fault],
    }
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
