"""What a client's own changes are served with, remembered for some seconds, so that it reads what it wrote."""

from __future__ import annotations

import re
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Headers = tuple[tuple[str, str], ...]

_REMEMBERED_SECONDS = 5.0
_MOST_FACTS = 64
_NUMBER = re.compile(r"[0-9]{1,19}\Z")


class OwnChanges:
    """The policy revision and the facts that answers have to be as new as; threads share it without a lock.

    Facts are numbers and the highest counts, whichever thread's answer came last. So the latest ones are kept
    side by side: to replace one by the other would want a lock, and a fork may copy a lock that is held.
    """

    def __init__(self) -> None:
        self._revision: tuple[str, float] | None = None
        self._facts: deque[tuple[int, float]] = deque(maxlen=_MOST_FACTS)

    def remember(self, headers: Mapping[str, str]) -> None:
        """Note the facts that the answer to a change of records is served with.

        The policy that it names was there before: another sidecar may serve an older one for a while.
        """
        facts = headers.get("doorward-facts", "")
        if _NUMBER.match(facts):
            self._facts.append((int(facts), monotonic() + _REMEMBERED_SECONDS))

    def remember_policy(self, headers: Mapping[str, str]) -> None:
        """Note the policy that the answer to a change of policy is served with."""
        revision = headers.get("doorward-revision")
        if revision is not None:
            self._revision = (revision, monotonic() + _REMEMBERED_SECONDS)

    @property
    def revision(self) -> str | None:
        """The policy revision of the last change, for some seconds."""
        wanted = self._revision
        if wanted is None:
            return None
        if monotonic() < wanted[1]:
            return wanted[0]
        self._revision = None
        return None

    def headers(self) -> Headers:
        """What to send so that the answer knows of the changes; nothing where there were none lately."""
        if self._revision is None and not self._facts:
            return ()
        revision, facts = self.revision, self._newest_facts()
        wanted: Headers = () if revision is None else (("Doorward-Min-Revision", revision),)
        return wanted if facts is None else (*wanted, ("Doorward-Min-Facts", str(facts)))

    def _newest_facts(self) -> int | None:
        now = monotonic()
        known = tuple(self._facts)
        live = [number for number, until in known if now < until]
        if known and not live:
            self._facts.clear()
        return max(live, default=None)
