"""A change of a tree's texts under way, and what the texts must say when it is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from doorward.domain.errors import Conflict
from doorward.engine import Problems, read_rows
from doorward.engine.model import Comparison, PolicyEffect
from doorward.policy.changes import find_change
from doorward.policy.edit.entries import add_entry, delete_entry
from doorward.policy.edit.rows import add_rows, delete_lines
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import ACCESS_RULES, CATALOG
from doorward.policy.yaml_reader import Located, read_yaml

COLUMNS: Final = ("rule", "sub", "dom", "obj", "act", "when", "eft")
_COMPARED: Final = {
    ("sub", "sub", Comparison.ROLE, ""),
    ("dom", "dom", Comparison.PATTERN, "keyMatch"),
    ("obj", "obj", Comparison.PATTERN, "keyMatch"),
    ("act", "act", Comparison.PATTERN, "keyMatch"),
}
BY_HAND: Final = "make this change in the file by hand"


class ChangedTree:
    """The files of a loaded policy, changed step by step. `files` refuses a result that says anything else."""

    def __init__(self, before: Snapshot, pace: Callable[[], None]) -> None:
        self.before = before
        self._pace = pace
        self._files = dict(before.tree.files)
        self._added: list[tuple[str, ...]] = []
        self._deleted: set[str] = set()
        self._catalog = _catalog(self._files.get(CATALOG))

    def add_rows(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Put rows behind the last rule."""
        check_editable(self.before)
        if rows:
            self._write(ACCESS_RULES, add_rows(self._text(ACCESS_RULES), rows))
        self._added += rows

    def delete_rules(self, lines: Mapping[str, int]) -> None:
        """Take rules out, by their names and lines."""
        check_editable(self.before)
        self._write(ACCESS_RULES, delete_lines(self._text(ACCESS_RULES), lines.values()))
        self._deleted |= lines.keys()

    def describe(self, section: str, name: str, description: str) -> None:
        """Give a role or a rule an entry in the catalog."""
        self.enter(section, name, {"description": description} if description else {})

    def enter(self, section: str, name: str, values: Mapping[str, str | int]) -> None:
        """Put an entry at the end of a section of the catalog."""
        text = self._text(CATALOG)
        self._write(CATALOG, _laid_out(lambda: add_entry(text, section, name, values)))
        self._catalog.setdefault(section, {})[name] = dict(values)

    def forget(self, section: str, name: str) -> None:
        """Take the entry of a role or a rule out of the catalog, if it has one."""
        if name in self._catalog.get(section, {}):
            text = self._text(CATALOG)
            self._write(CATALOG, _laid_out(lambda: delete_entry(text, section, name)))
            del self._catalog[section][name]

    @property
    def files(self) -> dict[str, bytes]:
        """The changed files. Raises Conflict where they say anything but what was asked."""
        if not self._rows_are_as_asked():
            raise Conflict(f"{ACCESS_RULES} is laid out in a way that no row can be put into safely; {BY_HAND}")
        if _catalog(self._files.get(CATALOG)) != _without_empty(self._catalog):
            raise _no_room()
        return self._files

    def _rows_are_as_asked(self) -> bool:
        """Whether the lines that differ say what they said, without what was deleted and with what was added."""
        before, after = self.before.tree.files[ACCESS_RULES], self._files[ACCESS_RULES]
        change = find_change(before, after, self._pace)
        parts = (before.decode("utf-8"), after.decode("utf-8")) if change is None else (change.old, change.new)
        old, new = (_rows(part, self._pace) for part in parts)
        at = max((at for at, (kind, *_) in enumerate(old, 1) if kind == "p"), default=len(old))
        old[at:at] = self._added
        return new == [row for row in old if row[0] != "p" or row[1] not in self._deleted]

    def _text(self, path: str) -> str:
        return self._files.get(path, b"").decode("utf-8")

    def _write(self, path: str, text: str) -> None:
        self._files[path] = text.encode("utf-8")


def check_editable(snapshot: Snapshot) -> None:
    """Raise Conflict unless the rows that are written mean in this model what they mean in the default one."""
    model = snapshot.evaluator.model
    compared = {
        (model.columns[one.column], model.tokens[one.token], one.comparison, one.function)
        for one in model.constraints
        if one.star
    }
    is_default = model.columns == COLUMNS and model.rest is None and model.opens is None
    if not is_default or model.effect is not PolicyEffect.ALLOW_AND_DENY or compared != _COMPARED:
        raise Conflict(
            "models/access.conf is not the default model, and what a row means in another one is not known here;"
            f" {BY_HAND} and commit it"
        )


def _rows(text: str, pace: Callable[[], None]) -> list[tuple[str, ...]]:
    return [(row.kind, *row.fields) for row in read_rows(text, Problems(ACCESS_RULES), pace)]


def _catalog(content: bytes | None) -> dict[str, Any]:
    """The catalog as plain data, without sections that are empty."""
    read = None if content is None else read_yaml(content.decode("utf-8"), Problems(CATALOG))
    return _without_empty({} if read is None else {key: _section(value) for key, value in read.items()})


def _without_empty(sections: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sections.items() if value is not None and value != {}}


def _section(value: Any) -> Any:  # noqa: ANN401 - plain values
    """A section; an entry without anything is an empty one."""
    return (
        {name: {} if entry is None else entry for name, entry in value.items()} if isinstance(value, Located) else value
    )


def _laid_out(edit: Callable[[], str]) -> str:
    try:
        return edit()
    except (ValueError, IndexError) as error:
        raise _no_room() from error


def _no_room() -> Conflict:
    return Conflict(f"{CATALOG} is laid out in a way that no entry can be put into safely; {BY_HAND}")
