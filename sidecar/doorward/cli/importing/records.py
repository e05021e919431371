"""Records of an import file, CSV or JSON Lines: each an item to be sent, or a fault with its line."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from doorward.cli.importing.lines import MAX_LINE_BYTES, Line, Lines
from doorward.cli.importing.shapes import Shape

_UNCLOSED = "a quoted field begins in this line and does not end; close it with a double quote, and double those inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What stands in the file from `line` up to the byte `ends_at`: an item of `size` bytes of JSON, or a fault."""

    line: int
    last_line: int
    ends_at: int
    raw: bytes | None
    item: dict[str, Any] | None = None
    size: int = 0
    fault: str | None = None


class HeaderFault(Exception):  # noqa: N818 - reads as what it is
    """The first line names no columns that can be imported."""


class _Unclosed(Exception):  # noqa: N818 - reads as what it is
    """A quoted field goes on for longer than a record may be."""


Read = Callable[[], Record | None]


def records(read: Read) -> Iterator[Record]:
    """Every record that is left."""
    while (record := read()) is not None:
        yield record


def jsonl_reader(lines: Lines, shape: Shape) -> Read:
    """Reads JSON Lines: an object a line."""

    def read() -> Record | None:
        line = _next_written(lines)
        if line is None:
            return None
        if line.text is None:
            return _faulty([line], line.fault)
        try:
            value = json.loads(line.text, object_pairs_hook=_members, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            return _faulty([line], f"is no JSON: {error}")
        if not isinstance(value, dict):
            return _faulty([line], 'is no JSON object, like {"id": "..."}')
        return _checked([line], value, shape)

    return read


def csv_reader(lines: Lines, columns: Sequence[str], shape: Shape) -> Read:
    """Reads CSV below its header; an empty field is as if it were not there."""

    def read() -> Record | None:
        line = _next_written(lines)
        if line is None:
            return None
        used, row, fault = _row(lines, line)
        if fault is None and len(row) != len(columns):
            fault = f"has {len(row)} fields, and the header {len(columns)}; quote a field that holds a comma"
        if fault is not None:
            return _faulty(used, fault)
        return _row_record(used, dict(zip(columns, row, strict=True)), shape)

    return read


def header_of(lines: Lines, shape: Shape) -> tuple[list[str], bytes]:
    """The columns that the first line names, and the line itself.

    Raises:
        HeaderFault: it names others, one twice, or not all that are needed.
    """
    line = _next_written(lines)
    if line is None:
        raise HeaderFault("the file is empty; its first line names the columns")
    if line.text is None or line.raw is None:
        raise HeaderFault(f"line {line.number}: {line.fault}")
    used, row, fault = _row(lines, line)
    if fault is not None:
        raise HeaderFault(f"line {line.number}: {fault}")
    columns = [name.strip() for name in row]
    _check_columns(line.number, columns, shape)
    return columns, b"".join(one.raw or b"" for one in used)


def _check_columns(number: int, columns: Sequence[str], shape: Shape) -> None:
    known = f"there are {', '.join(shape.known)}"
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|"):
        raise HeaderFault(f"line {number}: the columns are not separated by commas; save the file with commas")
    for place, name in enumerate(columns):
        if name in columns[:place]:
            raise HeaderFault(f"line {number}: the column {name[:100]!r} stands there twice")
        if name not in shape.known:
            raise HeaderFault(f"line {number}: the column {name[:100]!r} is not known; {known}")
    missing = [name for name in shape.required if name not in columns]
    if missing:
        raise HeaderFault(f"line {number}: the column {missing[0]!r} is missing; {known}")


def _next_written(lines: Lines) -> Line | None:
    line = lines.take()
    while line is not None and line.is_blank:
        line = lines.take()
    return line


def _row(lines: Lines, first: Line) -> tuple[list[Line], list[str], str | None]:
    """The fields that begin in a line, the lines they stand in, and what is wrong with them."""
    if first.text is None:
        return [first], [], first.fault
    used = [first]
    try:
        return used, next(csv.reader(_texts(lines, used), strict=True)), None
    except (_Unclosed, csv.Error, StopIteration) as error:
        # What follows may be records of its own: only the first line is lost.
        lines.give_back(used[1:])
        is_open = isinstance(error, _Unclosed) or len(used) > 1 or "unexpected end" in str(error)
        return used[:1], [], _UNCLOSED if is_open else f"is no CSV: {error}"


def _texts(lines: Lines, used: list[Line]) -> Iterator[str]:
    """The texts of the lines that a row takes, as far as a row may reach."""
    size = 0
    line: Line | None = used[0]
    while line is not None:
        size += len(line.raw or b"")
        if line.text is None or size > MAX_LINE_BYTES:
            raise _Unclosed
        yield line.text
        line = lines.take()
        if line is not None:
            used.append(line)


def _row_record(used: Sequence[Line], cells: dict[str, str], shape: Shape) -> Record:
    item = {}
    for name, cell in cells.items():
        if not cell.strip():
            continue
        try:
            item[name] = shape.value(name, cell)
        except (ValueError, TypeError, RecursionError):
            return _faulty(used, f'{name} is no JSON object, like {{"colour": "red"}}')
    return _checked(used, item, shape)


def _checked(used: Sequence[Line], item: dict[str, Any], shape: Shape) -> Record:
    fault = shape.fault(item)
    if fault is not None:
        return _faulty(used, fault)
    try:
        size = len(json.dumps(item, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):
        return _faulty(used, "holds half a character or a number that is too large")
    return Record(
        line=used[0].number,
        last_line=used[-1].number,
        ends_at=used[-1].ends_at,
        raw=_raw(used),
        item=item,
        size=size,
    )


def _faulty(used: Sequence[Line], fault: str | None) -> Record:
    return Record(line=used[0].number, last_line=used[-1].number, ends_at=used[-1].ends_at, raw=_raw(used), fault=fault)


def _raw(used: Sequence[Line]) -> bytes | None:
    pieces = [line.raw for line in used if line.raw is not None]
    if len(pieces) != len(used):
        return None
    raw = b"".join(pieces)
    return raw if raw.endswith(b"\n") else raw + b"\n"


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
