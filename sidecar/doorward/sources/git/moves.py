"""What is under way in a work tree: a branch that goes from one commit to another, noted in a file until it is done."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCHES: Final = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A branch that goes from one commit to another, and the files that follow it."""

    ref: str
    old: str
    new: str
    paths: tuple[str, ...]

    def write(self, journal: Path) -> None:
        """Note it; on return it survives a crash."""
        new = journal.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(journal)

    @classmethod
    def read(cls, journal: Path) -> "Move | None":
        """What is noted; None where that is no move. It is put in its place when it is whole, so that is not ours."""
        try:
            said = json.loads(journal.read_bytes())
            move = cls(ref=said["ref"], old=said["old"], new=said["new"], paths=tuple(map(str, said["paths"])))
            is_move = move.ref.startswith(_BRANCHES) and all(_COMMIT.fullmatch(one) for one in (move.old, move.new))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return move if is_move else None
