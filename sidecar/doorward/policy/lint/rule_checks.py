"""Rules that change nothing, because another one says it or decides before, and a rule that opens everything."""

from collections.abc import Mapping

from doorward.engine.index.ranks import file_rank
from doorward.engine.index.rules import Rule
from doorward.policy.lint import codes
from doorward.policy.lint.codes import Code
from doorward.policy.lint.constants import constant_part
from doorward.policy.lint.cover import CoverIndex
from doorward.policy.lint.examined import ANY, Examined
from doorward.policy.lint.role_use import Roles
from doorward.policy.lint.shape import NO_CONDITION, Section


def check_rules(examined: Examined) -> None:
    """Every section's rules against each other."""
    for section in examined.sections.values():
        _check_section(examined, section, examined.roles)


def _check_section(examined: Examined, section: Section, roles: Mapping[str, Roles]) -> None:
    index = CoverIndex(section, roles, left_out=_opens_all)
    seen: dict[tuple[object, ...], int] = {}
    for number in sorted(range(len(section.rules)), key=lambda one: section.rules[one].rank):
        rule = section.rules[number]
        if section.allows_by_default and rule.allows:
            message = "the model allows whatever no rule denies, so a rule that allows changes nothing; remove it"
            examined.row(codes.RULE_WITHOUT_EFFECT, section.lines[number], section.name_column, message)
            continue
        meaning = (rule.allows, section.condition(rule), *index.cells(rule))
        first = seen.setdefault(meaning, number)
        found = None if first != number else _overruled(section, index, number)
        if (first != number or found is not None) and _is_never_true(section, rule):
            continue
        if first != number:
            message = f"says what {section.call(first)} says; remove one of them"
            examined.row(codes.DUPLICATE_RULE, section.lines[number], section.name_column, message)
            continue
        if found is not None:
            examined.row(found[0], section.lines[number], section.name_column, found[1])
        elif _grants_everything(section, number):
            message = "everyone may do everything: `*` for everyone; name a role, like role:admin, or a resource type"
            examined.row(codes.GRANTS_EVERYTHING, section.lines[number], _subject_column(section), message)


def _opens_all(section: Section, number: int) -> bool:
    """Rules that are told for themselves, and not once more for each rule that they cover."""
    return not section.is_ordered and _grants_everything(section, number)


def _overruled(section: Section, index: CoverIndex, number: int) -> tuple[Code, str] | None:
    """Why a rule never makes a difference, if it does not."""
    rule = section.rules[number]
    cover = index.covers(number)
    rules = section.rules
    if section.is_ordered:
        firsts = [one for one in cover if one is not None and rules[one].rank < rule.rank]
        if not firsts:
            return None
        first = min(firsts, key=lambda one: rules[one].rank)
        if rules[first].allows is rule.allows:
            return codes.SHADOWED_RULE, f"{section.call(first)} comes first and says it already; remove this rule"
        verb = "allows" if rules[first].allows else "denies"
        fix = _way_to_the_front(section, first, number)
        return codes.UNREACHABLE_RULE, f"{section.call(first)} comes first and {verb} all of it; {fix}"
    if cover.other is not None and rule.allows:
        message = f"{section.call(cover.other)} denies all that this rule allows; remove this rule, or narrow that one"
        return codes.UNREACHABLE_RULE, message
    if cover.same is not None:
        verb = "allows" if rule.allows else "denies"
        return codes.SHADOWED_RULE, f"{section.call(cover.same)} {verb} all of it already; remove this rule"
    return None


def _way_to_the_front(section: Section, first: int, number: int) -> str:
    """How a rule comes before the one that decides in its place."""
    rules, at = section.rules, section.model.priority_column
    before, after = (0, 0) if at is None else (int(rules[one].fields[at]) for one in (first, number))
    if before < after and before > 0:
        return f"give it a smaller priority than line {section.lines[first]} ({before})"
    if before < after:
        return f"give line {section.lines[first]} a greater priority than this one ({after})"
    if not _at_one_level(rules[first].rank, rules[number].rank):
        return "its subject is nearer, wherever the rows stand; remove this rule, or narrow that one"
    return "move this rule up"


def _at_one_level(rank: int, other: int) -> bool:
    """Whether two rules are ordered by their places in the file."""
    return rank - file_rank(rank) == other - file_rank(other)


def _is_never_true(section: Section, rule: Rule) -> bool:
    """Whether a condition keeps a rule from ever matching, which is told for itself."""
    found = [constant_part(text) for at in section.conditions if (text := rule.fields[at]) != NO_CONDITION]
    return any(one is not None and one.is_whole and not one.value for one in found)


def _subject_column(section: Section) -> int | None:
    return None if section.subject is None else section.subject.position


def _grants_everything(section: Section, number: int) -> bool:
    """Whether a rule without a condition has `*` for everyone, everything and every action."""
    rule = section.rules[number]
    if section.subject is None or rule.fields[section.subject.position] != ANY:
        return False
    if not rule.allows or section.free or section.condition(rule) != NO_CONDITION:
        return False
    wide = [column for column in section.columns if column is not section.tenant]
    return all(column.star and rule.fields[column.position] == ANY for column in wide)
