"""YAML 1.2 text to plain values, strictly: no aliases, tags or merges, no duplicate keys.

PyYAML only splits the text into events; what a scalar means is decided here (YAML 1.2 core
schema: `on`, `off`, `yes` and `no` are strings, `017` is seventeen). Lines are kept, so that a
reader of any file can say where a fault stands.
"""

import math
import re
from typing import Any, Final

import yaml

from doorward.engine import Problems

MAX_DEPTH: Final = 32
MAX_NODES: Final = 200_000
_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH}; flatten it"

# What YAML forbids, and what PyYAML would count as a line's end where no editor and no YAML 1.2 does.
_UNREADABLE: Final = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_TAG_DIRECTIVE: Final = re.compile("^%TAG", re.MULTILINE)

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?\Z")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,15}\Z")
_OCTAL: Final = re.compile(r"0o[0-7]{1,20}\Z")
_WORDS: Final[dict[str, Any]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class Located(dict[str, Any]):
    """A mapping that knows the line it starts in and the line of each of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class _Refused(Exception):  # noqa: N818 - reads as what happened
    """Reading stops here; (line, message)."""


def read_yaml(text: str, problems: Problems) -> Located | None:
    """Read one document whose top is a mapping; faults go to `problems`, and None is returned."""
    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        fix = "remove it, or write its escape in double quotes"
        problems.add(
            _line_at(text, unreadable), f"no YAML: the character {unreadable.group()!r} may not stand in it; {fix}"
        )
        return None
    directive = _TAG_DIRECTIVE.search(text)
    if directive is not None:  # PyYAML compares each with all before it
        problems.add(_line_at(text, directive), "a line that begins with %TAG; tags have no meaning here, remove it")
        return None
    try:
        value = _read(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        last = max(1, text.count("\n") + (not text.endswith("\n")))  # a file that ends too early ends in its last line
        problem = str(error.problem or error.context)
        too_deep = "nesting depth" in problem  # newer releases of PyYAML have a limit of their own
        problems.add(min(line, last), _TOO_DEEP if too_deep else f"no YAML: {problem}")
    except yaml.YAMLError as error:
        problems.add(0, f"no YAML: {str(error).splitlines()[0]}")
    except _Refused as refused:
        problems.add(*refused.args)
    else:
        if isinstance(value, Located):
            return value
        problems.add(1, "the file must be a mapping, `key: value` lines")
    return None


def _line_at(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def _read(text: str) -> Any:  # noqa: ANN401 - plain values
    root: list[Any] = []
    holders: list[Any] = [root]
    keys: list[str | None] = [None]
    nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _Refused(line, "a second document; keep one a file")
            case yaml.AliasEvent():
                raise _Refused(line, "an alias (`*name`); write the value out")
            case yaml.ScalarEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                nodes += 1
                if nodes > MAX_NODES:
                    raise _Refused(line, f"more than {MAX_NODES} values; split the file")
                if event.anchor is not None:
                    raise _Refused(line, "an anchor (`&name`); write the value out")
                if event.tag is not None:
                    raise _Refused(line, f"a tag ({event.tag!r}); write the plain value")
                _place(event, line, holders, keys)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                holders.pop()
                keys.pop()
            case _:
                pass
    return root[0] if root else Located(1)


def _place(event: Any, line: int, holders: list[Any], keys: list[str | None]) -> None:  # noqa: ANN401 - an event
    holder = holders[-1]
    scalar = isinstance(event, yaml.ScalarEvent)
    if isinstance(holder, Located) and keys[-1] is None:
        if not scalar:
            raise _Refused(line, "a key must be a plain name")
        keys[-1] = _key(event, line, holder)
        return
    value: Any
    if scalar:
        value = _scalar(event, line)
    else:
        value = Located(line) if isinstance(event, yaml.MappingStartEvent) else []
        if len(holders) > MAX_DEPTH:
            raise _Refused(line, _TOO_DEEP)
    if isinstance(holder, Located):
        holder[keys[-1] or ""] = value
        keys[-1] = None
    else:
        holder.append(value)
    if not scalar:
        holders.append(value)
        keys.append(None)


def _key(event: Any, line: int, holder: Located) -> str:  # noqa: ANN401 - an event
    key: str = event.value
    if not key or key == "<<":
        raise _Refused(line, f"{key!r} is no key here; write a name")
    if key in holder.lines:
        raise _Refused(line, f"key {key!r} stands in line {holder.lines[key]} already; keep one")
    holder.lines[key] = line
    return key


def _scalar(event: Any, line: int) -> Any:  # noqa: ANN401, PLR0911 - one return a kind of scalar
    text: str = event.value
    if "\x00" in text:
        raise _Refused(line, "a NUL character; remove it")
    if not event.implicit[0]:  # quoted: always a string
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _HEX.match(text):
        return int(text, 16)
    if _OCTAL.match(text):
        return int(text, 8)
    if _FLOAT.match(text) and not text.lstrip("+-").isdigit():
        number = float(text)
        if math.isinf(number):
            raise _Refused(line, f"{text} is too large a number; quote it if it is a text")
        return number
    if text.lstrip("+-").isdigit():
        raise _Refused(line, f"{text} is too large a number; quote it if it is a text")
    return text
