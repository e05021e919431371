"""Plans and limits that stand in one of their two places alone: in rows, or in the catalog."""

from collections.abc import Iterable, Mapping

from doorward.engine import Problems, Row, read_rows
from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.misspelt import Spellings
from doorward.policy.tree import CATALOG, PLANS


def check_plans(examined: Examined) -> None:
    """Every plan. Where the catalog has no plans at all, rows are enough; plans that others inherit need no entry."""
    sold = examined.catalog.plans
    if not sold:
        return
    lines, inherited = _rows_of_plans(examined)
    for name in sorted(sold.keys() - lines.keys()):
        fix = _fix(name, lines.keys() - sold.keys(), "add rows, or remove the entry")
        message = f"{PLANS} gives the plan {name} no limit and no feature; {fix}"
        examined.word(codes.PLAN_WITHOUT_ROWS, CATALOG, examined.catalog.lines["plans"][name], name, message)
    for name in sorted(lines.keys() - sold.keys() - inherited):
        message = f"{CATALOG} has plans, and no {name}; {_fix(name, sold, 'add an entry, or correct the name')}"
        examined.word(codes.UNDESCRIBED_PLAN, PLANS, lines[name], name, message)


def check_limits(examined: Examined) -> None:
    """Every entry under `limits`: some plan gives it, or a meter counts it."""
    catalog = examined.catalog
    if not catalog.limits:
        return
    known = {row.fields[1] for row in _rows(examined) if row.kind == "p"} | catalog.meters.keys()
    for name in sorted(catalog.limits.keys() - known):
        message = (
            f"no plan and no meter has the limit {name}; {_fix(name, known, 'remove the entry, or correct its name')}"
        )
        examined.word(codes.UNKNOWN_LIMIT, CATALOG, catalog.lines["limits"][name], name, message)


def check_limit_rows(examined: Examined) -> None:
    """Every limit that rows name: the catalog knows it, or several plans have it, where there are several."""
    meters, held = examined.catalog.meters.keys(), examined.catalog.limits.keys()
    rows = [row for row in _rows(examined) if row.kind == "p"]
    givers: dict[str, set[str]] = {}
    for row in rows:
        givers.setdefault(row.fields[1], set()).add(row.fields[0])
    is_alone = len({row.fields[0] for row in rows}) == 1
    right = {name for name, plans in givers.items() if name in held or len(plans) > 1}
    spellings = Spellings(meters | right)
    lines = {row.fields[1]: row for row in reversed(rows) if row.fields[1] not in meters | right}
    for name, row in lines.items():
        meant = spellings.meant_by(name)
        if meant is not None or not is_alone:
            plan = row.fields[0]
            fix = f"did you mean {meant}?" if meant else f"write {name} there, under limits, or correct the name"
            message = (
                f"no plan but {plan} has the limit {name}, and {CATALOG} has no meter or limit of that name; {fix}"
            )
            examined.word(codes.LIMIT_OF_ONE_PLAN, PLANS, row.line, name, message)


def _rows(examined: Examined) -> list[Row]:
    text = "".join(f"{line}\n" for line in examined.sources.lines(PLANS))
    return list(read_rows(text, Problems(PLANS)))


def _rows_of_plans(examined: Examined) -> tuple[Mapping[str, int], frozenset[str]]:
    """The line of the first row of each plan, and the plans that others inherit."""
    rows = _rows(examined)
    lines = {row.fields[0]: row.line for row in reversed(rows)}
    return lines, frozenset(row.fields[1] for row in rows if row.kind == "g")


def _fix(name: str, known: Iterable[str], otherwise: str) -> str:
    meant = Spellings(known).meant_by(name)
    return otherwise if meant is None else f"did you mean {meant}?"
