"""Columns and tokens that nothing reads: the comparison that somebody forgot in the matcher."""

import re
from collections.abc import Mapping
from typing import Final

from doorward.engine.model import CTX
from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.shape import NO_CONDITION, Section
from doorward.policy.tree import ACCESS_MODEL

_STRING: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_READ: Final = re.compile(r"\b([rp])\d*\.(\w+)(?:\.(\w+))?")
_NAMES: Final = frozenset({"sub", "dom", "obj", "act"})
_OTHERWISE_READ: Final = frozenset({"rule", "eft", "priority"})
_BELOW_CTX: Final[Mapping[str, str]] = {"subject": "sub", "tenant": "dom", "resource": "obj", "action": "act"}


def check_models(examined: Examined) -> None:
    """Every section's `r` and `p` against what its matcher and its conditions read."""
    for section in examined.sections.values():
        _check_section(examined, section)


def _check_section(examined: Examined, section: Section) -> None:
    model = section.model
    tokens, columns = _read_by(model.text)
    for text in {rule.fields[at] for rule in section.rules for at in section.conditions} - {NO_CONDITION}:
        tokens |= _read_by(text)[0]
    columns |= {model.columns[at] for at in section.conditions} | _OTHERWISE_READ
    p, r = f"p{model.suffix}", f"r{model.suffix}"
    named = _NAMES | set(model.tokens)
    forgotten = [name for name in model.columns if name in named and name not in columns]
    for name in forgotten:
        fix = f"add `&& {r}.{name} == {p}.{name}`, or remove the column" if name in model.tokens else "compare it"
        message = f"the matcher never reads {p}.{name}, so a rule holds whatever its {name} says; {fix}"
        examined.word(codes.NEVER_READ, ACCESS_MODEL, model.lines["p"], name, message)
    for name in model.tokens:
        if name not in tokens and name not in forgotten and name != CTX:
            fix = f"compare it with a column of {p}, or remove the token"
            message = f"the matcher never reads {r}.{name}, so rules hold for every {name}; {fix}"
            examined.word(codes.NEVER_READ, ACCESS_MODEL, model.lines["r"], name, message)


def _read_by(text: str) -> tuple[set[str], set[str]]:
    """The tokens and the columns that an expression reads, also below `r.ctx`."""
    tokens: set[str] = set()
    columns: set[str] = set()
    for kind, name, below in _READ.findall(_STRING.sub("''", text)):
        if kind == "p":
            columns.add(name)
        else:
            tokens.add(name)
            if name == CTX and below in _BELOW_CTX:
                tokens.add(_BELOW_CTX[below])
    return tokens, columns
