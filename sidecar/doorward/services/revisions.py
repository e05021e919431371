"""Revisions: whether the policy that is served is as new as a caller has seen elsewhere, and waiting until it is."""

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Final

from doorward.domain.errors import BadRequest, DoorwardError, RevisionNotServed
from doorward.services.policy import PolicyService
from doorward.services.ports import PolicyRepository

WAIT_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.01
_ASK_SECONDS: Final = 0.5
REVISION_PATTERN: Final = "^(git:([0-9a-f]{40}|[0-9a-f]{64})|dir:[0-9a-f]{16})$"
_REVISION: Final = re.compile(REVISION_PATTERN.removesuffix("$") + r"\Z")
_log = logging.getLogger("doorward.policy")


class Revisions:
    """Waits for a revision, and has the source read again meanwhile, now and then."""

    def __init__(
        self,
        policy: PolicyService,
        repository: PolicyRepository | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._repository = repository
        self._sleep = sleep
        self._clock = clock
        self._asking = threading.Lock()
        self._asked = -_ASK_SECONDS

    def has(self, wanted: str) -> bool:
        """Whether a revision is known to be served here, or to have been; True at once means that `wait` does not."""
        return wanted in self._policy.served_before

    def wait(self, wanted: str) -> None:
        """Return when `wanted`, or one that came after it, is served here.

        Raises:
            BadRequest: it is no revision.
            RevisionNotServed: it did not come within WAIT_SECONDS.
        """
        if not _REVISION.match(wanted):
            raise BadRequest("Doorward-Min-Revision must be what Doorward-Revision said: git:COMMIT or dir:DIGITS")
        deadline = self._clock() + WAIT_SECONDS
        looked_at = None
        while not self.has(wanted):
            served = self._policy.current.revision
            if served != looked_at and self._includes(wanted, served):
                return
            looked_at = served
            if self._clock() >= deadline:
                raise RevisionNotServed(
                    f"revision {wanted} is not served here yet, but {served}; try again in a moment"
                )
            self._ask()
            self._sleep(_LOOK_SECONDS)

    def _includes(self, wanted: str, served: str) -> bool:
        if self._repository is None:
            return wanted == served
        return self._repository.includes(wanted, within=served)

    def _ask(self) -> None:
        """Have the source read in the background, if that was not done just now and is not being done."""
        if self._clock() - self._asked < _ASK_SECONDS or not self._asking.acquire(blocking=False):
            return
        self._asked = self._clock()
        threading.Thread(target=self._reload, name="revisions", daemon=True).start()

    def _reload(self) -> None:
        try:
            self._policy.reload()
        except DoorwardError as error:
            _log.debug("a newer revision was asked for, and the source has none that loads: %s", error)
        finally:
            self._asking.release()
