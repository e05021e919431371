"""Policy CSV to rows, by pycasbin's own reading rules, with the line of each row.

pycasbin strips each line, skips blank ones and those that start with `#`, and splits at commas
that stand outside round and square brackets. What it reads without a word but cannot mean
(quotes, brackets that do not pair, empty fields) is a problem here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from doorward.engine.problems import Problems

_INTERESTING: Final = re.compile(r"[,\[\]()]")
_CLOSES: Final = {")": "(", "]": "["}
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
ROWS_A_STEP: Final = 2_000
_CHARACTERS_A_STEP: Final = 1 << 15


class Row(NamedTuple):
    """One row: its 1-based line, its type (`p`, `g`) and its fields."""

    line: int
    kind: str
    fields: tuple[str, ...]


def _split(line: str) -> list[str] | str:
    """The fields of a line with brackets, or what is wrong with it."""
    fields: list[str] = []
    stack: list[str] = []
    start = 0
    for match in _INTERESTING.finditer(line):
        mark = match.group()
        if mark in "([":
            stack.append(mark)
        elif mark in ")]":
            if not stack or stack.pop() != _CLOSES[mark]:
                return f"bracket {mark!r} closes nothing; pair every bracket"
        elif not stack:
            fields.append(line[start : match.start()].strip())
            start = match.end()
    if stack:
        return f"bracket {stack[-1]!r} is never closed; pair every bracket"
    fields.append(line[start:].strip())
    return fields


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, some at a time: a StringIO would hold all of it once more, with four bytes a character."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _CHARACTERS_A_STEP) + 1 or len(text)
        yield from text[start:end].removesuffix("\n").split("\n")
        start = end


def read_rows(
    text: str, problems: Problems, pace: Callable[[], None] = lambda: None, first_line: int = 1
) -> Iterator[Row]:
    """Read the rows of a policy file one by one; faults go to `problems` and their rows are left out.

    `pace` is called every 2,000 lines, so that a caller can let other threads run. A part of a file
    is read the same way, with the number of its first line.
    """
    shared: dict[str, str] = {}
    share = shared.setdefault
    for number, raw in enumerate(_lines(text), start=first_line):
        if not number % ROWS_A_STEP:
            pace()
        line = raw.strip()
        if not line or line[0] == "#":
            continue
        if '"' in line:
            problems.add(number, "a double quote has no meaning in a Casbin row; write 'text' instead of \"text\"")
            continue
        if not line.isprintable() and _CONTROL.search(line):
            problems.add(number, "a control character stands in this row; remove it")
            continue
        if "(" in line or "[" in line or ")" in line or "]" in line:
            split = _split(line)
            if isinstance(split, str):
                problems.add(number, split)
                continue
            fields = split
        else:
            fields = list(map(str.strip, line.split(",")))
        if "" in fields:
            problems.add(
                number,
                f"field {fields.index('') + 1} is empty; give it a value: `*` for anything, `True` for no condition",
            )
            continue
        cells = fields[1:]
        yield Row(number, fields[0], tuple(map(share, cells, cells)))
