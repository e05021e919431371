"""policies/catalog.yaml: what roles and rules are for. A role that stands here exists, also without a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from doorward.domain.errors import BadRequest
from doorward.domain.names import check_text
from doorward.engine import Problems
from doorward.policy.yaml_reader import Located, read_yaml

_KEYS: Final = ("roles", "rules")
_DESCRIPTION: Final = "description"
Descriptions = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Descriptions by name, None where an entry has none. `lines` says where the entries of rules stand."""

    roles: Descriptions = field(default_factory=dict)
    rules: Descriptions = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


def read_catalog(text: str, problems: Problems) -> Catalog:
    """Read the file; faults go to `problems` and what they spoil is left out."""
    top = read_yaml(text, problems)
    if top is None:
        return Catalog()
    for key in top:
        if key not in _KEYS:
            problems.add(top.lines[key], f"unknown key {key!r}; there are {' and '.join(_KEYS)}")
    rules = top.get("rules")
    return Catalog(
        roles=_descriptions("roles", top, problems),
        rules=_descriptions("rules", top, problems),
        lines=MappingProxyType(rules.lines if isinstance(rules, Located) else {}),
    )


def _descriptions(key: str, top: Located, problems: Problems) -> Descriptions:
    entries = top.get(key)
    if entries is None:
        return MappingProxyType({})
    if not isinstance(entries, Located):
        problems.add(top.lines[key], f"{key} must be a mapping, `NAME: {{description: ...}}`")
        return MappingProxyType({})
    return MappingProxyType({name: _description(name, entries, problems) for name in entries})


def _description(name: str, entries: Located, problems: Problems) -> str | None:
    entry, line = entries[name], entries.lines[name]
    if entry is None:
        return None
    if not isinstance(entry, Located):
        problems.add(line, f"{name!r} must be a mapping, `{{description: ...}}`")
        return None
    for key in entry:
        if key != _DESCRIPTION:
            problems.add(entry.lines[key], f"unknown key {key!r}; there is {_DESCRIPTION}")
    text = entry.get(_DESCRIPTION)
    if text is None:
        return None
    if not isinstance(text, str):
        problems.add(entry.lines[_DESCRIPTION], f"description must be a text; quote it: '{text}'")
        return None
    text = " ".join(text.split())  # a text folded over lines is one
    try:
        check_text(_DESCRIPTION, text)
    except BadRequest as error:
        problems.add(entry.lines[_DESCRIPTION], str(error))
    return text
