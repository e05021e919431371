"""Processes that follow a repository once. `python load_repository.py` reads a line of JSON, [URL, STATE], for each.

It forks for each line, so that what is imported is imported once, and prints what came of it as JSON.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from doorward.bootstrap import build_application, followed_repository, make_authenticator
from doorward.domain.errors import PolicyInvalid, SourceUnreadable
from doorward.domain.git_address import GitAddress
from doorward.policy.tree import content_revision
from doorward.sources.git.source import Trust


def main(url: str, state: Path) -> dict[str, object]:
    """What is served, why not, how long it took, and the memory of the largest process that was started."""
    address = GitAddress.parse(url)
    assert address is not None
    followed = followed_repository(address, state, Trust(), 30.0)
    application = build_application(
        followed.source, make_authenticator("key", no_auth=False), last_good=followed.last_good
    )
    started = time.monotonic()
    reason, content = "", ""
    try:
        application.start()
        content = content_revision(application.policy.current.tree.files)  # type: ignore[attr-defined]
    except (PolicyInvalid, SourceUnreadable) as error:
        reason = str(error)
    seconds = time.monotonic() - started
    peak = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, _own_peak_kib())
    return {"reason": reason, "content": content, "seconds": seconds, "peak_kib": peak}


def _own_peak_kib() -> int:
    """The most that this process held; its `ru_maxrss` would be that of whoever started it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


def _fork(line: str) -> None:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        url, state = json.loads(line)
        print(json.dumps(main(url, Path(state))), flush=True)  # noqa: T201 - whoever sent the line reads it
    except BaseException as error:  # noqa: BLE001 - whoever sent the line is told
        print(json.dumps({"failed": repr(error)}), flush=True)  # noqa: T201 - the same
    os._exit(0)


if __name__ == "__main__":
    for order in sys.stdin:
        _fork(order)
