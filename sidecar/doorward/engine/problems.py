"""Collects the faults of one file, so that a reader can go on and report all of them at once."""

import re
from typing import Final

from doorward.domain.errors import Problem

MAX_PROBLEMS = 100
MAX_MESSAGE = 1_000
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _shown(message: str) -> str:
    """A message of one line that a terminal shows as it is, whatever a file had it quote."""
    if len(message) > MAX_MESSAGE:
        message = f"{message[:MAX_MESSAGE]} ... ({len(message) - MAX_MESSAGE} characters more)"
    return _CONTROL.sub(lambda mark: f"\\x{ord(mark[0]):02x}", message)


class Problems:
    """The faults found so far in the file at `path`; counting goes on after `MAX_PROBLEMS` are kept."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.found: list[Problem] = []
        self._left_out = 0

    def add(self, line: int, message: str) -> None:
        """Note one fault at a 1-based line (0: the whole file)."""
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(Problem(path=self.path, line=line, message=_shown(message)))
        else:
            self._left_out += 1

    def take(self, others: "Problems") -> None:
        """Note the faults that were collected apart."""
        for one in others.found:
            self.add(one.line, one.message)
        self._left_out += others._left_out  # noqa: SLF001 - of the same class

    def all(self) -> list[Problem]:
        """What was found, with a last entry that counts what was left out."""
        if not self._left_out:
            return self.found
        more = f"and {self._left_out} more problems; fix the ones above first"
        return [*self.found, Problem(path=self.path, line=0, message=more)]

    def __bool__(self) -> bool:
        return bool(self.found)
