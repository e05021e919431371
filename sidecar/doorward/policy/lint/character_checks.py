"""Characters that nobody sees or that look like others, in names that are compared letter by letter."""

import re
import unicodedata
from typing import Final

from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.findings import Finding

_WORD: Final = re.compile(r"[^\W\d_]+")
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
_BIDIRECTIONAL: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def check_characters(examined: Examined) -> None:
    """Every line that is not plain ASCII."""
    for path in examined.sources.paths:
        if examined.sources.is_ascii(path):
            continue
        for number, line in enumerate(examined.sources.lines(path), start=1):
            if line.isascii():
                continue
            is_comment = line.lstrip().startswith("#")
            found = _hidden_order(line) if is_comment else _fault(line)
            if found is not None:
                at, length, message = found
                examined.findings.append(
                    Finding(
                        code=codes.HIDDEN_CHARACTERS,
                        path=path,
                        line=number,
                        message=message,
                        source=line,
                        span=(at, at + length),
                    )
                )


def _hidden_order(line: str) -> tuple[int, int, str] | None:
    """Marks that turn the order of what is shown, also in comments: they hide what a line says."""
    found = _BIDIRECTIONAL.search(line)
    if found is None:
        return None
    return found.start(), 1, f"{_called(found.group())} turns the order in which this line is shown; remove it"


def _fault(line: str) -> tuple[int, int, str] | None:
    ordered = _hidden_order(line)
    if ordered is not None:
        return ordered
    for at, character in enumerate(line):
        if character.isascii():
            continue
        category = unicodedata.category(character)
        if category == "Cf":
            return at, 1, f"{_called(character)} is invisible and makes this another name; remove it"
        if category in {"Zs", "Zl", "Zp"}:
            return at, 1, f"{_called(character)} looks like a space and is none; write a plain space, or remove it"
    for found in _WORD.finditer(line):
        scripts = {_script(character) for character in found.group()} & _ALIKE
        if len(scripts) > 1:
            odd = next(one for one in found.group() if _script(one) != "LATIN" and not one.isascii())
            message = f"{found.group()} mixes alphabets: {_called(odd)} looks like another letter; type it again"
            return found.start(), len(found.group()), message
    composed = unicodedata.normalize("NFC", line)
    if composed != line:
        at = next(place for place, (one, other) in enumerate(zip(line, composed, strict=False)) if one != other)
        message = "a letter and its accent are two characters here, one elsewhere; write it as one (NFC)"
        return at, 2, message
    return None


def _called(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'a character without a name')}"


def _script(character: str) -> str:
    return unicodedata.name(character, "NONE").split(" ", maxsplit=1)[0]
