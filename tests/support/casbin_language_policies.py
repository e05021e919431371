"""Random policies of the whole language: section sets with their rows, and the file they stand in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from support.casbin_conditions import CONDITIONS
from support.casbin_language import ORDERED, SUBJECT_PRIORITY, Expr, Language, Roles, Section
from support.casbin_language_conditions import TRUE, conditions
from support.casbin_language_matchers import matchers, outlines, parts_of
from support.casbin_language_parts import Outline, Part
from support.casbin_language_roles import definitions, with_many
from support.casbin_reference import ALLOW, Condition, Row, seeded

CTX = "ctx"


@dataclass(frozen=True, kw_only=True)
class Generated:
    """A policy with what its questions are made from: the outline and the parts of each section set.

    `authzen` says that its questions carry attributes below `r.ctx`, as AuthZEN gives them.
    """

    language: Language
    outlines: Mapping[str, Outline]
    parts: Mapping[str, Sequence[Part]]
    authzen: bool


@st.composite
def sections(
    draw: st.DrawFn, suffix: str, roles: dict[str, Roles], effect: str, *, authzen: bool
) -> tuple[Section, Outline, list[Part]]:
    """One section set with its rows."""
    by_subject = effect == SUBJECT_PRIORITY
    outline = draw(outlines(roles, authzen=authzen, subject_first=by_subject))
    parts = draw(parts_of(outline))
    evals = draw(st.sampled_from([[], ["when"], ["when", "when2"]]))
    has_context = authzen or ("level" in outline.names and draw(st.booleans()))  # what AuthZEN may ask is authzen's
    if not evals and not any(part.column for part in parts):
        parts.append(Part(TRUE, "note", ("a", "b")))
    matcher = draw(matchers(outline, parts, evals))
    tokens = draw(st.permutations([*outline.names.values(), *([CTX] if has_context else [])]))
    pools = {part.column: part.pool for part in parts if part.column}
    columns = [*pools, *evals, *draw(st.sampled_from([[], ["rule"], ["note"], ["rule", "note"]]))]
    columns = list(dict.fromkeys(columns))
    if effect != ALLOW or draw(st.booleans()):
        columns.append("eft")
    if effect in ORDERED and draw(st.booleans()):
        columns.append("priority")
    columns = list(draw(st.permutations(columns)))
    if by_subject and "sub" in columns:
        columns = ["sub", *(one for one in columns if one != "sub")]
    pools |= {
        "eft": ("allow",) if effect == ALLOW else ("allow", "allow", "deny"),
        "priority": ("0", "1", "1", "2", "10"),
    }
    strategy = CONDITIONS.map(_of_context) if authzen else conditions(outline, context=has_context)
    rules, known = draw(rows(suffix, columns, pools, evals, strategy))
    section = Section(
        suffix=suffix,
        tokens=tuple(tokens),
        columns=tuple(columns),
        matcher=matcher,
        rules=rules,
        conditions=known,
    )
    return section, outline, parts


@st.composite
def rows(  # noqa: PLR0913, PLR0917 - what rows are made of
    draw: st.DrawFn,
    suffix: str,
    columns: Sequence[str],
    pools: Mapping[str, Sequence[str]],
    evals: Sequence[str],
    strategy: st.SearchStrategy[Expr],
) -> tuple[tuple[Row, ...], dict[str, Expr]]:
    """The rows of a section set, and what each of their conditions means."""
    known = {"True": TRUE}
    found: list[Row] = []
    for number in range(draw(st.integers(1, 8))):
        row = {"rule": f"rule-{suffix}-{number}", "note": "(a, note)"}
        for column in columns:
            if column in evals:
                condition = draw(strategy) if draw(st.integers(0, 3)) else TRUE
                row[column] = condition.spelled(suffix)
                known[row[column]] = condition
            elif column in pools:
                row[column] = draw(st.sampled_from(pools[column]))
        found.append(tuple(row[column] for column in columns))
    return tuple(found), known


def many_rows(random: Random, section: Section, parts: Sequence[Part], count: int) -> tuple[Row, ...]:
    """Rows like those that a section set has, by the hundred, with many more names."""
    many = {part.column: (*part.pool, *part.many, *part.many) for part in parts if part.column}
    seen = {column: [row[at] for row in section.rules] for at, column in enumerate(section.columns)}
    seen["priority"] = [str(number) for number in range(20)]
    return tuple(
        tuple(
            f"rule-{section.suffix}-more-{number}"
            if column == "rule"
            else random.choice(many[column] if column in many and random.random() < 0.8 else seen[column])
            for column in section.columns
        )
        for number in range(count)
    )


def _of_context(condition: Condition) -> Expr:
    """A condition over `r.ctx` as one over the request."""
    return Expr(condition.text.replace("r.ctx.", "R.ctx."), lambda env: condition.holds(env.request[CTX]))


def layout(random: Random, kinds: Mapping[str, Sequence[Row]]) -> tuple[str, dict[str, tuple[int, ...]]]:
    """The rows as a file, each kind in its order among the others, and the lines of each kind."""
    order = [kind for kind, rows in kinds.items() for _ in rows]
    random.shuffle(order)
    sources = {kind: iter(rows) for kind, rows in kinds.items()}
    lines: dict[str, list[int]] = {kind: [] for kind in kinds}
    text = ""
    for kind in order:
        text += random.choice(["", "", "# a comment, with p, a row\n", "\n"])
        lines[kind].append(text.count("\n") + 1)
        text += ", ".join((kind, *next(sources[kind]))) + "\n"
    return text, {kind: tuple(found) for kind, found in lines.items()}


@st.composite
def generated(draw: st.DrawFn, effect: str, more: int = 0) -> Generated:
    """A policy of the whole language with an effect; with so many rows `more` in each section set."""
    authzen = draw(st.integers(0, 3)) == 0
    roles = draw(definitions(plain=effect == SUBJECT_PRIORITY))
    several = not authzen and effect != SUBJECT_PRIORITY
    suffixes = draw(st.sampled_from([[""], [""], ["", "2"], ["", "2", "3"]])) if several else [""]
    made = {suffix: draw(sections(suffix, roles, effect, authzen=authzen)) for suffix in suffixes}
    random = seeded(draw(st.integers(0, 1 << 16)))
    if more:
        roles = {name: with_many(random, one, plain=effect == SUBJECT_PRIORITY) for name, one in roles.items()}
        made = {
            suffix: (replace(one, rules=one.rules + many_rows(random, one, parts, more)), outline, parts)
            for suffix, (one, outline, parts) in made.items()
        }
    kinds: dict[str, Sequence[Row]] = {f"p{suffix}": section.rules for suffix, (section, _, _) in made.items()}
    kinds |= {name: one.rows for name, one in roles.items()}
    text, lines = layout(random, kinds)
    language = Language(
        sections={suffix: section for suffix, (section, _, _) in made.items()},
        roles=roles,
        effect=effect,
        rules=text,
        lines={suffix: lines[f"p{suffix}"] for suffix in suffixes},
    )
    return Generated(
        language=language,
        outlines={suffix: outline for suffix, (_, outline, _) in made.items()},
        parts={suffix: parts for suffix, (_, _, parts) in made.items()},
        authzen=authzen,
    )
