"""Casbin model text to a ModelFile: sections, definitions, comments that speak to Doorward."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from doorward.engine.model import (
    ALLOW_BY_DEFAULT,
    AUTHZEN_TOKENS,
    EFFECTS,
    Model,
    ModelFile,
    PolicyEffect,
    RoleDefinition,
)
from doorward.engine.model.matcher import read_matcher
from doorward.engine.problems import Problems
from doorward.engine.roles.graph import ROLE_PATTERNS

SECTIONS: Final = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
}
MAX_SECTIONS: Final = 20
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_KEY: Final = re.compile(r"([rpgem])([2-9]|[1-9][0-9]{1,2})?\Z")
_SPEAKS: Final = re.compile(r"#\s*doorward\s*:\s*(.*)\Z")
_MEANS_TO_SPEAK: Final = re.compile(r"[#;]+\s*doorward\s*(?::|match\b|ignore\b|silence\b|allow)", re.IGNORECASE)
_MATCH: Final = re.compile(r"match (g[0-9]*) with ([A-Za-z0-9]+)\Z")
_DIRECTIVES: Final = "`match g with FUNCTION`, `ignore CODE: REASON`, and in the first line `allow-by-default`"


@dataclass(slots=True)
class _Text:
    """What stands in a model file: definitions by key, and the functions that match patterns of role rows."""

    definitions: dict[str, tuple[int, str]] = field(default_factory=dict)
    matched_with: dict[str, tuple[int, str]] = field(default_factory=dict)
    allows_by_default: bool = False


def read_model(text: str, problems: Problems) -> ModelFile | None:
    """Read a model file; every fault goes to `problems`, and None is returned where there is one."""
    read = _read_text(text, problems)
    definitions = read.definitions
    for key, section in (
        ("r", "request_definition"),
        ("p", "policy_definition"),
        ("e", "policy_effect"),
        ("m", "matchers"),
    ):
        if key not in definitions and not problems:
            problems.add(0, f"no `{key} = ...`; add it below [{section}]")
    if problems:
        return None
    roles = _read_roles(read, problems)
    suffixes = _suffixes(definitions, problems)
    if problems:
        return None
    sections = {suffix: _read_section(suffix, read, roles, problems) for suffix in suffixes}
    return None if problems else ModelFile(sections, roles)


def read_definitions(text: str, problems: Problems) -> Mapping[str, tuple[int, str]]:
    """The definitions of a model that is fixed, by key, each with its line; no comment changes what it means."""
    read = _read_text(text, problems)
    if read.allows_by_default:
        problems.add(1, f"`{ALLOW_BY_DEFAULT}` means nothing in this model; remove it")
    for line, _ in read.matched_with.values():
        problems.add(line, "a comment that matches roles with patterns means nothing in this model; remove it")
    return read.definitions


def _read_text(text: str, problems: Problems) -> _Text:
    read = _Text(allows_by_default=text.split("\n", maxsplit=1)[0].strip() == ALLOW_BY_DEFAULT)
    section: str | None = None
    held: list[str] = []
    started = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if _CONTROL.search(line):
            problems.add(number, "a control character stands in this line; remove it")
            continue
        if not held and (not line or line[0] in "#;"):
            _read_comment(read, number, line, problems)
            continue
        if not held and line[0] == "[" and line[-1] == "]":
            section = line[1:-1]
            if section not in SECTIONS:
                known = ", ".join(f"[{one}]" for one in SECTIONS)
                problems.add(number, f"unknown section [{section}]; there are {known}")
            continue
        started = started if held else number
        held.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        _define(read.definitions, section, started, " ".join(held), problems)
        held = []
    if held:
        problems.add(started, "the last line ends with a backslash; nothing follows it")
    return read


def _read_comment(read: _Text, number: int, line: str, problems: Problems) -> None:
    """A comment that begins with `# doorward:` says something; one that says nothing known is a typing error."""
    spoken = _SPEAKS.match(line)
    if spoken is None:
        if _MEANS_TO_SPEAK.match(line):
            problems.add(number, f"`{line}` is not heard; begin it with `# doorward: `, in small letters")
        return
    if (number == 1 and line == ALLOW_BY_DEFAULT) or spoken[1].startswith("ignore "):
        return
    match = _MATCH.match(spoken[1].strip())
    if line == ALLOW_BY_DEFAULT:
        problems.add(number, f"`{line}` counts in the first line of the file alone; move it there")
    elif match is None:
        problems.add(number, f"`{line}` says nothing to Doorward; there are {_DIRECTIVES}")
    elif match[2] not in ROLE_PATTERNS:
        problems.add(number, f"{match[2]} matches no patterns; there are {', '.join(ROLE_PATTERNS)}")
    elif match[1] in read.matched_with:
        problems.add(number, f"{match[1]} is matched already (line {read.matched_with[match[1]][0]}); keep one")
    else:
        read.matched_with[match[1]] = (number, match[2])


def _define(found: dict[str, tuple[int, str]], section: str | None, line: int, text: str, problems: Problems) -> None:
    key, equals, value = (part.strip() for part in text.partition("="))
    expected = SECTIONS.get(section or "")
    if section is None:
        problems.add(line, "a definition before the first section; start with [request_definition]")
    elif not equals or not value:
        problems.add(line, f"no definition: {text!r}; write {expected or 'key'} = ...")
    elif expected is None:
        return
    elif (named := _KEY.match(key)) is None or named[1] != expected:
        problems.add(
            line, f"`{key}` in [{section}]; write `{expected}`, or `{expected}2`, `{expected}3` for more of them"
        )
    elif key in found:
        problems.add(line, f"`{key}` is defined again (first in line {found[key][0]}); keep one")
    else:
        found[key] = (line, value)


def _suffixes(definitions: Mapping[str, tuple[int, str]], problems: Problems) -> Sequence[str]:
    """The numbers of the section sets; each has its r, p and m, and none is left out."""
    numbers = {int(key[1:]) for key in definitions if key[0] in "rpem" and key[1:]}
    for number in sorted(numbers):
        line = min(place for key, (place, _) in definitions.items() if key[1:] == str(number) and key[0] in "rpem")
        if number > MAX_SECTIONS:
            problems.add(line, f"more than {MAX_SECTIONS} section sets; split the policy")
            return ()
        missing = [f"`{key}{number}`" for key in "rpm" if f"{key}{number}" not in definitions]
        if missing:
            problems.add(
                line, f"the section set {number} lacks {', '.join(missing)}; define r{number}, p{number} and m{number}"
            )
        elif number > 2 and number - 1 not in numbers:  # noqa: PLR2004 - the first set has no number
            problems.add(
                line, f"there is no set {number - 1}, so stock Casbin never reads {number}; number them in order"
            )
    return ("", *map(str, sorted(numbers)))


def _read_section(suffix: str, read: _Text, roles: Mapping[str, RoleDefinition], problems: Problems) -> Model:
    definitions = read.definitions
    keys = {key: f"{key}{suffix}" for key in "rpem"}
    model = Model(suffix=suffix, lines={key: definitions[name][0] for key, name in keys.items() if name in definitions})
    before = len(problems.found)
    model.tokens = _names(keys["r"], *definitions[keys["r"]], problems)
    model.columns = _names(keys["p"], *definitions[keys["p"]], problems)
    _note_tokens(model)
    _read_effect(model, read, roles, problems)
    if len(problems.found) == before:
        read_matcher(model, roles, *definitions[keys["m"]], problems)
    return model


def _note_tokens(model: Model) -> None:
    others = [token for token in model.tokens if token not in AUTHZEN_TOKENS]
    if others:
        model.enforce_only = f"AuthZEN fills the tokens sub, dom, obj, act and ctx, and not {', '.join(others)}"


def _names(key: str, line: int, value: str, problems: Problems) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    seen: set[str] = set()
    for name in names:
        if not _TOKEN.match(name):
            problems.add(line, f"`{name}` is no name in `{key} = ...`; use letters, digits and _")
        if name in seen:
            problems.add(line, f"`{name}` stands twice in `{key} = ...`; keep one")
            break
        seen.add(name)
    return names


def _read_roles(read: _Text, problems: Problems) -> dict[str, RoleDefinition]:
    found: dict[str, RoleDefinition] = {}
    for key, (line, value) in read.definitions.items():
        if key[0] != "g":
            continue
        number = int(key[1:] or 1)
        if number > 1 and f"g{number - 1 if number > 2 else ''}" not in read.definitions:  # noqa: PLR2004 - g, g2, g3
            problems.add(line, f"there is no g{number - 1 if number > 2 else ''}, so stock Casbin never reads {key}")  # noqa: PLR2004
        definition = _role_definition(key, line, value)
        if definition is None:
            comment = "; a comment stands in a line of its own" if "#" in value else ""
            problems.add(
                line,
                f"`{key} = {value}`: write `_, _` for roles, `_, _, _` for roles by tenant,"
                f" and `(_, _)` after it for roles that hold from one time to another{comment}",
            )
            continue
        at, pattern = read.matched_with.get(key, (0, None))
        if pattern is not None and definition.windows:
            problems.add(at, f"{key} has time windows; its rows name each holder, so no function can match them")
        found[key] = RoleDefinition(
            name=key, line=line, domains=definition.domains, windows=definition.windows, pattern=pattern
        )
    for key, (line, _) in read.matched_with.items():
        if key not in read.definitions:
            problems.add(line, f"there is no `{key} = ...` to match; define it, or name another")
    if len({one.windows for one in found.values()}) > 1:
        problems.add(
            next(one.line for one in found.values() if one.windows),
            "stock Casbin drops roles without time windows beside roles with them; give all of them windows, or none",
        )
    return found


def _role_definition(key: str, line: int, value: str) -> RoleDefinition | None:
    shapes = {"_,_": (False, False), "_,_,_": (True, False), "_,_,(_,_)": (False, True), "_,_,_,(_,_)": (True, True)}
    shape = shapes.get("".join(value.split()))
    return None if shape is None else RoleDefinition(name=key, line=line, domains=shape[0], windows=shape[1])


def _read_effect(model: Model, read: _Text, roles: Mapping[str, RoleDefinition], problems: Problems) -> None:
    line, value = read.definitions["e"]
    text = value.split("#", maxsplit=1)[0].strip()
    own = read.definitions.get(f"e{model.suffix}")
    if own is not None and own[1].split("#", maxsplit=1)[0].strip() != text:
        problems.add(own[0], f"`e{model.suffix}` differs from `e`, and stock pycasbin reads `e` alone; make them equal")
        return
    effect = EFFECTS.get(text)
    if effect is None:
        problems.add(line, f"`e = {value}` is no effect of Casbin; there are: {'; '.join(EFFECTS)}")
        return
    model.effect = effect
    if effect is PolicyEffect.DENY_OVERRIDE and not read.allows_by_default:
        problems.add(
            line,
            "this effect allows whatever no rule names; add `some(where (p.eft == allow)) && ` before it,"
            f" or, if that is meant, make the first line of the file `{ALLOW_BY_DEFAULT}`",
        )
    if effect is not PolicyEffect.ALLOW_OVERRIDE and "eft" not in model.columns:
        problems.add(
            line,
            f"this effect asks for denials, but `p{model.suffix}` has no column `eft`; add it to policy_definition",
        )
    if effect is PolicyEffect.SUBJECT_PRIORITY:
        _check_subject_priority(model, roles, line, problems)


def _check_subject_priority(model: Model, roles: Mapping[str, RoleDefinition], line: int, problems: Problems) -> None:
    """Stock Casbin reads the subject from the first column, and levels from the rows of `g`."""
    if model.suffix:
        problems.add(
            line, "subjectPriority orders the rules of `p` alone; use priority(p.eft) || deny with several sections"
        )
    if "g" not in roles:
        problems.add(line, "subjectPriority needs roles; add [role_definition] g = _, _")
    elif roles["g"].windows or roles["g"].pattern:
        problems.add(line, "subjectPriority reads levels from plain role rows; take the time windows or patterns away")
    if model.columns[:1] != ("sub",):
        problems.add(line, "subjectPriority takes the first column of `p` for the subject; make it `p = sub, ...`")
