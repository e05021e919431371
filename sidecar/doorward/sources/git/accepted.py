"""The commit that was accepted last, on disk: what a newer one must descend from, and what a restart may serve."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.domain.errors import StateUnusable
from doorward.sources.last_good import sync_folder

_FORMAT: Final = 1
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LATEST: Final = 253_402_300_800.0
"""The end of the year 9999, in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A commit that loaded and was trusted, and when that was (epoch seconds)."""

    commit: str
    at: float


class AcceptedRecord:
    """One source's accepted commit, in a file of its own."""

    def __init__(self, path: Path, source: str) -> None:
        """Nothing is read yet. `source` is the address without credentials."""
        self._path = path
        self._source = source

    def read(self) -> Accepted | None:
        """The commit, or None where none was accepted yet.

        Raises:
            StateUnusable: the file cannot be read, so nobody knows what was accepted.
        """
        try:
            said = json.loads(self._path.read_bytes())
            found = Accepted(commit=str(said["commit"]), at=float(said["at"]))
            if not _COMMIT.fullmatch(found.commit) or not 0 <= found.at < _LATEST:
                raise ValueError("it names no commit, or no time")  # noqa: TRY301 - told as other damage is
            ours = (said["format"], said["source"]) == (_FORMAT, self._source)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self._path} is damaged ({error}); remove it to accept the newest commit whatever came before"
            raise StateUnusable(message) from error
        if not ours:
            raise StateUnusable(f"{self._path} is of another source or version; remove it to accept the newest commit")
        return found

    def write(self, accepted: Accepted) -> None:
        """Keep it; on return it survives a crash. Raises OSError where it cannot be kept."""
        said = {"format": _FORMAT, "source": self._source, "commit": accepted.commit, "at": accepted.at}
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("wb") as file:
            file.write(json.dumps(said).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        sync_folder(self._path.parent)
