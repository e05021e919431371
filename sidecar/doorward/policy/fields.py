"""The keys of one YAML mapping, each of its type: what is wrong is a problem, what is left out has a default."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from doorward.domain.errors import BadRequest
from doorward.domain.names import check_name, check_text
from doorward.engine import Problems
from doorward.policy.yaml_reader import Located

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """Reads one mapping, which is named in line `at`. A key that is there and null counts as left out."""

    def __init__(self, entry: Located, problems: Problems, at: int | None = None) -> None:
        self.entry = entry
        self.problems = problems
        self.at = entry.line if at is None else at

    def line(self, key: str) -> int:
        """Where a key stands; the mapping's own line where it is left out."""
        return self.entry.lines.get(key, self.at)

    def fault(self, key: str, message: str) -> None:
        """Note what is wrong with a key."""
        self.problems.add(self.line(key), message)

    def only(self, known: Sequence[str]) -> None:
        """Note every key that is not known."""
        for key in self.entry:
            if key not in known:
                self.fault(key, f"unknown key {key!r}; there {'is' if len(known) == 1 else 'are'} {listed(known)}")

    def text(self, key: str) -> str | None:
        """One line of printable text; a text folded over lines is one."""
        value = self.entry.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(key, f"{key} must be a text; quote it: '{value}'")
            return None
        value = " ".join(value.split())
        try:
            check_text(key, value)
        except BadRequest as error:
            self.fault(key, str(error))
        return value

    def number(self, key: str, least: int, most: int) -> int | None:
        """A whole number."""
        value = self.entry.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(key, f"{key} must be a whole number from {least} to {most}, not {value!r}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """`true` or `false`."""
        value = self.entry.get(key)
        if value is not None and not isinstance(value, bool):
            self.fault(key, f"{key} must be true or false, not {value!r}")
            return None
        return value

    def choice(self, key: str, choices: type[Choice]) -> Choice | None:
        """One of some words."""
        value = self.entry.get(key)
        if value is None:
            return None
        found = _chosen(value, choices)
        if found is None:
            self.fault(key, f"{key} must be {listed([*choices], 'or')}, not {value!r}")
        return found

    def choices(self, key: str, choices: type[Choice]) -> tuple[Choice, ...] | None:
        """A list of some words, each at most once."""
        found = []
        for value in self.values(key, f"[{', '.join(list(choices)[:2])}]") or ():
            chosen = _chosen(value, choices)
            if chosen is None:
                self.fault(key, f"{key} may hold {listed([*choices])}, not {value!r}")
            else:
                found.append(chosen)
        return None if self.entry.get(key) is None else tuple(found)

    def names(self, key: str, like: str) -> tuple[str, ...] | None:
        """A list of names, each at most once."""
        named = [self.checked_name(key, one) for one in self.values(key, like) or ()]
        return None if self.entry.get(key) is None else tuple(one for one in named if one is not None)

    def values(self, key: str, like: str) -> tuple[object, ...] | None:
        """A list in which nothing stands twice."""
        value = self.entry.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.fault(key, f"{key} must be a list, like {like}")
            return None
        seen: set[str] = set()
        for one in value:
            if isinstance(one, str) and one in seen:
                self.fault(key, f"{key} holds {one!r} twice; keep one")
            elif isinstance(one, str):
                seen.add(one)
        return tuple(value)

    def name(self, key: str) -> str | None:
        """A name that a row could hold."""
        value = self.entry.get(key)
        return None if value is None else self.checked_name(key, value)

    def checked_name(self, key: str, value: object) -> str | None:
        """A value, if it is a name that a row could hold; what is none is noted."""
        if not isinstance(value, str):
            self.fault(key, f"{key} must be a name, not {value!r}; quote it: '{value}'")
            return None
        try:
            check_name(key, value)
        except BadRequest as error:
            self.fault(key, f"{error}, not {value!r}")
            return None
        return value

    def entries(self, key: str) -> dict[str, "Fields"]:
        """A mapping of entries that are mappings themselves, by name; an entry that is null is empty."""
        section = self.entry.get(key)
        if section is None:
            return {}
        if not isinstance(section, Located):
            self.fault(key, f"{key} must be a mapping, `NAME: {{...}}`")
            return {}
        return {name: self._entry(name, value, section.lines[name]) for name, value in section.items()}

    def _entry(self, name: str, value: object, line: int) -> "Fields":
        if value is not None and not isinstance(value, Located):
            self.problems.add(line, f"{name!r} must be a mapping, `{{key: value}}`")
        return Fields(value if isinstance(value, Located) else Located(line), self.problems, line)


def _chosen(value: object, choices: type[Choice]) -> Choice | None:
    return next((one for one in choices if isinstance(value, str) and one.value == value), None)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Some words in a sentence: `a, b and c`."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
