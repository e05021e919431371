"""Sidecars on one database, each of which may be killed, and comes back at its address."""

import contextlib
import random
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from doorward.domain.database_address import DatabaseAddress
from support.loopback import own_host
from support.record_pairs import MASTER_KEY
from support.sidecars import Sidecar, start_sidecar
from support.trees import ROOT


@dataclass
class Fleet:
    """Sidecars on one database, each of which may be killed, and comes back at its address."""

    environment: dict[str, str]
    folder: Path
    members: list[Sidecar] = field(default_factory=list)

    def start(self, count: int) -> None:
        first = self._started(0, f"{own_host()}:0", "")
        with ThreadPoolExecutor(count) as threads:
            rest = threads.map(lambda number: self._started(number, f"{own_host()}:0", first.key), range(1, count))
            self.members = [first, *rest]

    def _started(self, number: int, listen: str, key: str) -> Sidecar:
        state = self.folder / f"state-{number}"
        if key:
            state.mkdir(exist_ok=True)
            (state / "admin.key").write_text(key + "\n")
        return start_sidecar(state, listen=listen, environment=self.environment)

    def kill_one(self, dice: random.Random) -> None:
        """End one as a power cut would, and start it again."""
        number = dice.randrange(len(self.members))
        gone = self.members[number]
        assert gone.process.poll() is None, f"a sidecar ended by itself: {gone.log.read_text()[-2000:]}"
        gone.stop(signal.SIGKILL)
        self.members[number] = self._started(number, gone.address, gone.key)

    def kill_all(self) -> None:
        for one in self.members:
            one.stop(signal.SIGKILL)

    @property
    def logs(self) -> str:
        return "".join(one.log.read_text() for one in self.members)


@contextlib.contextmanager
def fleets(folder: Path) -> Iterator[Callable[[DatabaseAddress, int], Fleet]]:
    """Start sidecars on a database; all are ended with the block."""
    master = folder / "master.key"
    master.write_text(MASTER_KEY)
    master.chmod(0o600)
    with contextlib.ExitStack() as until_done:

        def start(address: DatabaseAddress, count: int) -> Fleet:
            environment = {
                "DOORWARD_DATABASE": f"sqlite:{address.place}" if address.is_sqlite else address.place,
                "DOORWARD_MASTER_KEY_FILE": str(master),
                "DOORWARD_POLICY": str(ROOT),
            }
            fleet = Fleet(environment, folder)
            until_done.callback(fleet.kill_all)
            fleet.start(count)
            return fleet

        yield start
