"""Near misses among names: `role:vewer` beside `role:viewer`, and not `team-a` beside `team-b`.

Names are found by what is left of them without one letter, so that no two are compared without need.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_PARTS: Final = re.compile(r"[^\W\d_]+")
_SEPARATORS: Final = re.compile(r"[-_. ]")
_SHORTEST: Final = 4
_MOST: Final = 20_000  # among more names than that, every one is like another
_KEYBOARD: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS: Final = frozenset("aeiouy")


class Spellings:
    """Names that are known to be right, to find the one that somebody probably meant."""

    def __init__(self, names: Iterable[str], *, is_careful: bool = False, shortest: int = _SHORTEST) -> None:
        """Take the names. `is_careful` takes only slips of a finger for mistakes, not any other letter."""
        self.names = frozenset(names)
        self._careful = is_careful
        self._shortest = shortest
        self._plain: dict[str, str] = {}
        self._without: dict[str, list[str]] = {}

    def _prepare(self) -> None:
        """Make the names ready to be found; many an owner never asks."""
        for name in sorted(self.names):
            self._plain.setdefault(_plain(name), name)
            for left in {name, *_without_one(name)} if len(self.names) <= _MOST else ():
                self._without.setdefault(left, []).append(name)

    def meant_by(self, name: str) -> str | None:
        """The known name that `name` is a slip of; None where it is known itself, or like none."""
        if name in self.names or not self.names:
            return None
        if not self._plain:
            self._prepare()
        same = self._plain.get(_plain(name))
        if same is not None:
            return same
        for left in (name, *_without_one(name)):
            for known in self._without.get(left, ()):
                if self._is_slip(name, known):
                    return known
        return None

    def _is_slip(self, name: str, known: str) -> bool:
        """Whether one letter too many, too few, another one, or two that changed places make the difference."""
        start = _common(name, known)
        end = _common(name[start:][::-1], known[start:][::-1])
        wrong, right = name[start : len(name) - end], known[start : len(known) - end]
        if not (wrong + right).isalpha() or len(wrong) > 2 or len(right) > 2:  # noqa: PLR2004 - two that changed places
            return False
        part = _part_around(known, min(start, len(known) - 1))
        if part is None or part[1] - part[0] < self._shortest or start <= part[0]:
            return False
        if len(wrong) == 1 and len(right) == 1:
            return not self._careful or _is_finger_slip(wrong, right)
        if len(wrong) == 2 or len(right) == 2:  # noqa: PLR2004 - two that changed places
            return wrong == right[::-1]
        return True


def _plain(name: str) -> str:
    """A name without what people confuse: case, and what stands between words."""
    return _SEPARATORS.sub("", name).casefold()


def _without_one(name: str) -> Iterator[str]:
    return (name[:at] + name[at + 1 :] for at in range(len(name)))


def _common(left: str, right: str) -> int:
    """How many characters two texts begin with in common."""
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length


def _part_around(name: str, at: int) -> tuple[int, int] | None:
    """The run of letters that a place belongs to, or that ends there."""
    for found in _PARTS.finditer(name):
        if found.start() <= at <= found.end():
            return found.span()
    return None


def _is_finger_slip(wrong: str, right: str) -> bool:
    """Whether two letters lie side by side on a keyboard, or are vowels both."""
    wrong, right = wrong.lower(), right.lower()
    if wrong in _VOWELS and right in _VOWELS:
        return True
    for number, row in enumerate(_KEYBOARD):
        at = row.find(wrong)
        if at < 0:
            continue
        near = row[max(at - 1, 0) : at + 2]
        for other in _KEYBOARD[max(number - 1, 0) : number + 2]:
            near += other[max(at - 1, 0) : at + 2]
        return right in near
    return False
