"""Versions: the headers that say which policy and which facts an answer came from."""

from typing import Final

from doorward.services.facts import Facts
from doorward.services.ports import PolicySnapshot
from doorward.web.http import FACTS, FACTS_AGE, JSON, REVISION, Headers

OLD_SECONDS: Final = 2.0
"""Facts that old are said to be: the database has not answered for so long."""


class Versions:
    """Makes the headers of hot answers, once a revision and version of the facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._made: tuple[str, int, Headers] = ("", 0, [])

    def headers(self, policy: PolicySnapshot) -> Headers:
        """The headers of a JSON answer.

        They are taken before the facts are read, so that an answer is never older than it says.
        """
        facts = self._facts
        version = facts.version
        revision, known, headers = self._made
        if known != version or revision != policy.revision:
            headers = [("content-type", JSON), (REVISION, policy.revision), (FACTS, str(version))]
            self._made = (policy.revision, version, headers)
        if facts.stale_since is not None and (age := facts.age()) > OLD_SECONDS:
            return [*headers, (FACTS_AGE, str(int(age)))]
        return headers
