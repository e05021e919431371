"""How far an import has come: a small file beside the imported one."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last line that was answered, the byte behind it, and what became of the lines so far."""

    line: int = 0
    offset: int = 0
    created: int = 0
    exists: int = 0
    refused: int = 0

    def moved(self, line: int, offset: int, **counts: int) -> Self:
        """Further on, with so many more of each."""
        more = {name: getattr(self, name) + count for name, count in counts.items()}
        return replace(self, line=line, offset=offset, **more)


class Resumption:
    """Notes the position of an import of one file, as it is now, to one sidecar.

    Attributes:
        name: what this import is called, also where it goes on after an interruption. A request that was answered
            and not noted is known by it when it is sent again.
    """

    def __init__(self, file: Path, target: str, new_name: Callable[[], str]) -> None:
        self.path = file.with_name(file.name + ".progress")
        self.name = new_name()
        self._file = file
        self._target = target
        self._digest = ""

    def begin(self) -> Position:
        """Where to go on: at the beginning, unless the same file was left on the way to the same sidecar.

        Raises:
            OSError: the file cannot be read.
        """
        with self._file.open("rb") as file:
            self._digest = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            if (told["digest"], told["target"]) == (self._digest, self._target):
                position = Position(**{one.name: int(told[one.name]) for one in fields(Position)})
                self.name = str(told["name"])
                return position
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            pass  # none, or not ours: it is begun anew
        return Position()

    def note(self, position: Position) -> None:
        """Keep a position, whole or not at all. Raises OSError."""
        told = {"digest": self._digest, "target": self._target, "name": self.name, **asdict(position)}
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(json.dumps(told) + "\n", encoding="utf-8")
        os.replace(draft, self.path)  # noqa: PTH105 - the atomic one, by its name

    def forget(self) -> None:
        """Begin at the beginning next time."""
        self.path.unlink(missing_ok=True)
