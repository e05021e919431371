"""Entries of YAML mappings put in and taken out by the marks of the parsed text; the rest stays byte for byte.

What is put in follows the mapping it joins: block or flow, indentation, one line an entry or several. Whoever
calls this reads the result and compares it with what was meant, so a layout that is not foreseen is refused there.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN: Final = re.compile(r"[A-Za-z][\w./()-]*(?: [\w./()-]+)*\Z", re.ASCII)
_WORDS: Final = frozenset({"true", "false", "null"})
_STEP: Final = 2
Node = Any  # PyYAML's nodes carry no types


def add_entry(text: str, section: str, name: str, values: Mapping[str, str | int]) -> str:
    """Put `NAME: {KEY: VALUE}` at the end of a top-level mapping, which is made where it is missing."""
    entry = f"{_scalar(name)}: {_flow(values)}"
    top: Node = yaml.compose(text, Loader=_Loader)
    if top is None:
        return text + _lines(text, [f"{section}:", _indented(_STEP, entry)])
    held = _held(top, section)
    if held is None and top.flow_style:
        return _into_flow(text, top, f"{section}: {{{entry}}}")
    if held is None:
        margin = top.start_mark.column
        at = _line_after(text, _end(*top.value[-1])) if margin else len(text)
        new = [_indented(margin, f"{section}:"), _indented(margin + _STEP, entry)]
        return text[:at] + _lines(text, new) + text[at:]
    key, mapping = held
    if isinstance(mapping, yaml.MappingNode):
        return _into_flow(text, mapping, entry) if mapping.flow_style else _into_block(text, mapping, name, values)
    at = _line_after(text, key.end_mark.index)  # `section:` alone
    return text[:at] + _lines(text, [_indented(key.start_mark.column + _STEP, entry)]) + text[at:]


def add_top_entry(text: str, name: str, values: Mapping[str, str]) -> str:
    """Put `NAME:` with its values, all of them YAML already, at the end of the top-level mapping."""
    top: Node = yaml.compose(text, Loader=_Loader)
    margin, at = 0, len(text)
    if top is not None:
        if top.flow_style:
            flow = ", ".join(f"{key}: {value}" for key, value in values.items())
            return _into_flow(text, top, f"{name}: {{{flow}}}")
        margin = top.start_mark.column
        at = _line_after(text, _end(*top.value[-1])) if margin else at
    apart = [""] if "\n\n" in text.replace("\r", "") else []
    lines = [_indented(margin + _STEP, f"{key}: {value}") for key, value in values.items()]
    return text[:at] + _lines(text, [*apart, _indented(margin, f"{name}:"), *lines]) + text[at:]


def delete_entry(text: str, section: str, name: str) -> str:
    """Take an entry out of a top-level mapping. Comments in its lines go with it, those above it stay."""
    held = _held(yaml.compose(text, Loader=_Loader), section)
    found = None if held is None else _held(held[1], name)
    if held is None or found is None:
        return text
    start, end = found[0].start_mark.index, _end(*found)
    line = text.rfind("\n", 0, start) + 1
    mapping, comma = held[1], re.compile(r"\s*,[ \t]*").match(text, end)
    rest = text[comma.end() if comma else end : _line_after(text, end)]
    if not mapping.flow_style or not (text[line:start].strip() or rest.partition("#")[0].strip()):
        return text[:line] + text[_line_after(text, end) :]
    if mapping.value[-1][0] is not found[0] and comma:
        return text[:start] + text[comma.end() :]
    before = text.rfind(",", 0, start) if len(mapping.value) > 1 else start
    return text[:before] + text[end:]


def _held(mapping: Node, name: str) -> tuple[Node, Node] | None:
    """The nodes of a key and its value."""
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _into_flow(text: str, mapping: Node, entry: str) -> str:
    """In the line of the last entry, or in a line of its own where the entries have theirs."""
    if not mapping.value:
        at = mapping.start_mark.index + 1
        return text[:at] + entry + text[at:]
    key, value = mapping.value[-1]
    end = _end(key, value)
    line = text.rfind("\n", 0, key.start_mark.index) + 1
    margin = text[line : key.start_mark.index]
    if margin.strip() or line <= mapping.start_mark.index:
        return f"{text[:end]}, {entry}{text[end:]}"
    comma = "" if re.compile(r"\s*,").match(text, end) else ","
    after = _line_after(text, end)
    return (
        text[:end]
        + comma
        + text[end:after]
        + _lines(text, [margin + entry + ("," if not comma else "")])
        + text[after:]
    )


def _into_block(text: str, mapping: Node, name: str, values: Mapping[str, str | int]) -> str:
    """Behind the last entry, on one line or on several as that one is."""
    key, value = mapping.value[-1]
    margin = key.start_mark.column
    new = [_indented(margin, f"{_scalar(name)}: {_flow(values)}")]
    if isinstance(value, yaml.MappingNode) and not value.flow_style and values:
        inner = value.value[0][0].start_mark.column
        new = [
            _indented(margin, f"{_scalar(name)}:"),
            *(_indented(inner, f"{one}: {_scalar(values[one])}") for one in values),
        ]
    at = _line_after(text, _end(key, value))
    return text[:at] + _lines(text, new) + text[at:]


def _end(key: Node, value: Node) -> int:
    """Where a value's own text ends; the parser's mark of a block is behind the comments that follow it."""
    while not getattr(value, "flow_style", True):
        key, value = value.value[-1] if isinstance(value, yaml.MappingNode) else (key, value.value[-1])
    if isinstance(value, yaml.ScalarNode):
        if not value.value and value.style is None:
            return int(key.end_mark.index)
        if value.style in {"|", ">"}:
            return int(value.end_mark.index) - 1  # in its last line
    return int(value.end_mark.index)


def _line_after(text: str, at: int) -> int:
    """Where the line behind the one of a place begins."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _lines(text: str, lines: list[str]) -> str:
    """Lines as the text ends its own."""
    ending = "\r\n" if "\r\n" in text else "\n"
    return "".join(line + ending for line in lines)


def _indented(columns: int, line: str) -> str:
    return " " * columns + line


def _flow(values: Mapping[str, str | int]) -> str:
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in values.items()) + "}"


def is_plain(text: str) -> bool:
    """Whether nothing in a text has a meaning in YAML, so that it needs no quotes."""
    return bool(_PLAIN.match(text)) and text.lower() not in _WORDS


def _scalar(value: str | int) -> str:
    """A number, or a text: plain where nothing in it has a meaning, else quoted."""
    if isinstance(value, int):
        return str(value)
    if is_plain(value):
        return value
    return "'" + value.replace("'", "''") + "'"
