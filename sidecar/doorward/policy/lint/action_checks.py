"""Actions that the type of their resource does not have."""

from collections import Counter
from typing import Final

from doorward.engine.model import Comparison
from doorward.policy.lint import codes
from doorward.policy.lint.examined import ANY, Examined, type_of
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.lint.shape import Column, Section
from doorward.policy.tree import DIRECTORY

_ESTABLISHED: Final = 3  # rules that name an action make it one, where directory.yaml lists none
_LONG_ENOUGH: Final = 5  # shorter actions are alike too often: send and spend, read and lead


def check_actions(examined: Examined) -> None:
    """The action of every rule, against `actions` in directory.yaml, else against the others."""
    for section in examined.sections.values():
        action = section.action
        if action is None or (action.how is Comparison.PATTERN and action.function != "keyMatch"):
            continue
        _check_listed(examined, section, action)
        _check_frequent(examined, section, action)


def _check_listed(examined: Examined, section: Section, action: Column) -> None:
    listed = examined.directory.actions
    if section.resource is None or not listed:
        return
    everything = Spellings({name for names in listed.values() for name in names})
    by_type = {kind: Spellings(names) for kind, names in listed.items()}
    places: dict[tuple[str | None, str], list[int]] = {}
    for rule, line in zip(section.rules, section.lines, strict=True):
        kind, name = type_of(rule.fields[section.resource.position]), rule.fields[action.position]
        if name != ANY and (kind not in by_type or name not in by_type[kind].names):
            places.setdefault((kind, name), []).append(line)
    for (kind, name), lines in places.items():
        known = by_type.get(kind or "")
        meant = (known or everything).meant_by(name)
        if known is not None:
            fix = (
                f"did you mean {meant}?"
                if meant
                else f"write one of {', '.join(sorted(known.names))}, or list it there"
            )
            message = f"{kind} has no action {name} in {DIRECTORY}; {fix}"
        elif kind is None and meant is not None:
            message = f"no type in {DIRECTORY} has the action {name}; did you mean {meant}?"
        else:
            continue
        count = "" if len(lines) == 1 else f" ({len(lines)} rules)"
        examined.row(codes.UNKNOWN_ACTION, lines[0], action.position, message + count)


def _check_frequent(examined: Examined, section: Section, action: Column) -> None:
    """An action of one rule that is a slip of one that many name, for resources of no listed type."""
    at = action.position
    counts = Counter(rule.fields[at] for rule in section.rules)
    frequent = Spellings(
        (name for name, count in counts.items() if count >= _ESTABLISHED), is_careful=True, shortest=_LONG_ENOUGH
    )
    rare = {name: meant for name, count in counts.items() if count == 1 and (meant := frequent.meant_by(name))}
    if not rare:
        return
    listed = examined.directory.actions
    for rule, line in zip(section.rules, section.lines, strict=True):
        meant = rare.get(rule.fields[at])
        if meant is None or (section.resource and type_of(rule.fields[section.resource.position]) in listed):
            continue
        message = f"only this rule names the action {rule.fields[at]}; did you mean {meant}?"
        examined.row(codes.UNKNOWN_ACTION, line, at, message)
