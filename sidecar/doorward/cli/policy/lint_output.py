"""How `doorward policy lint` tells what it found: to a person, with source lines, or to GitHub."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from doorward.cli.terminal import counted, visible
from doorward.policy.lint import CODES, Finding, Report, Severity

_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_OF_COMMENTS: Final = frozenset(code for code in CODES if code.code.startswith("DW9"))
_SHOWN: Final = 20  # findings of one code on a terminal
_WIDTH: Final = 110
_LEAD: Final = 24  # what is shown before the place that is meant, where a line is cut


def show_report(report: Report, folder: Path) -> None:
    """Tell a person: every finding with its line, and a last line that sums up. Errors go to standard error."""
    err = not report.loads
    for one, more in _few_of_each(report):
        if one is not None:
            _show_finding(one, err=err)
        else:
            click.secho(more, dim=True, err=err)
            click.echo(err=err)
    if not report.loads:
        count = report.errors
        click.secho(f"{counted(count, 'problem')}; the policy does not load", fg="red", err=True)
        return
    warnings = report.warnings
    if warnings:
        click.secho(counted(warnings, "warning"), fg="yellow", bold=True, nl=False)
    else:
        click.secho("ok", fg="green", bold=True, nl=False)
    silenced = f", {report.silenced} silenced" if report.silenced else ""
    live = "" if report.overrides is None else f", {counted(report.overrides, 'override')}"
    live += "" if report.tenants is None else f", {counted(report.tenants, 'tenant')}"
    click.echo(f"  {folder}: {counted(report.rules, 'rule')}{live}, revision {report.revision}{silenced}")
    name = next((one.code.name for one in report.findings if one.line and one.code not in _OF_COMMENTS), None)
    if name is not None:
        hint = f"if a line is right, write above it: # doorward: ignore {name}: why"
        click.secho(f"{hint}  (names: doorward policy lint --list)", dim=True)


def _few_of_each(report: Report) -> Iterator[tuple[Finding | None, str]]:
    """The findings, and in the place of those that are too many of a kind, how many there are."""
    counts: Counter[str] = Counter()
    totals = Counter(one.code.code for one in report.findings)
    for one in report.findings:
        counts[one.code.code] += 1
        if counts[one.code.code] <= _SHOWN:
            yield one, ""
    for code in CODES:
        more = totals[code.code] - _SHOWN
        if more > 0:
            yield None, f"... and {more} more of {code} (--format json has them all)"


def _show_finding(one: Finding, *, err: bool) -> None:
    colour = _COLOURS[one.code.severity]
    place = f"{one.path}:{one.line}" if one.line else one.path
    click.secho(place, bold=True, nl=False, err=err)
    click.echo(": ", nl=False, err=err)
    click.secho(f"{one.code.severity} {one.code}", fg=colour, nl=False, err=err)
    click.echo(f": {one.message}", err=err)
    if one.source is not None and one.span is not None:
        number = str(one.line)
        gutter = " " * len(number)
        text, start, width = _window(one.source, one.span)
        click.secho(f"  {number} | ", fg="blue", nl=False, err=err)
        click.echo(text, err=err)
        click.secho(f"  {gutter} | ", fg="blue", nl=False, err=err)
        click.secho(f"{' ' * start}{'^' * width}", fg=colour, err=err)
    click.echo(err=err)


def _window(source: str, span: tuple[int, int]) -> tuple[str, int, int]:
    """The part of a line to show, made safe for a terminal; where the marks begin, and how many they are."""
    cells = [visible(character) for character in source]
    first, last = span
    begin = 0
    if sum(map(_width, cells)) > _WIDTH and sum(map(_width, cells[:last])) > _WIDTH:
        begin = max(first - _LEAD, 0)
    shown: list[str] = ["..."] if begin else []
    start = len("...") if begin else 0
    used = start
    marked = 0
    for at in range(begin, len(cells)):
        width = _width(cells[at])
        if used + width > _WIDTH:
            shown.append("...")
            break
        shown.append(cells[at])
        used += width
        start += width if at < first else 0
        marked += width if first <= at < last else 0
    return "".join(shown).rstrip(), start, max(marked, 1)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in {"W", "F"} else 1 for one in text
    )


def github_annotations(report: Report, folder: Path) -> Iterator[str]:
    """Workflow commands that GitHub shows beside the lines of a change."""
    above = _path_in_repository(folder)
    for one in report.findings:
        path = one.path if above in {"", "."} else f"{above}/{one.path}"
        places = {"file": path}
        if one.line:
            places["line"] = str(one.line)
            if one.span is not None:
                places |= {"col": str(one.span[0] + 1), "endColumn": str(one.span[1])}
        places["title"] = str(one.code)
        properties = ",".join(f"{name}={_property(value)}" for name, value in places.items())
        yield f"::{one.code.severity} {properties}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _path_in_repository(folder: Path) -> str:
    """Where the tree is below the root of its git repository; below the current folder where there is none."""
    there = folder.resolve()
    root = next((one for one in (there, *there.parents) if (one / ".git").exists()), Path.cwd())
    return Path(os.path.relpath(there, root)).as_posix()


def list_codes() -> None:
    """Every code with its name, its weight and what it tells."""
    widest = max(len(code.name) for code in CODES)
    for code in CODES:
        click.secho(f"{code.code}  {code.name.ljust(widest)}", bold=True, nl=False)
        click.secho(f"  {code.severity.ljust(7)}", fg=_COLOURS[code.severity], nl=False)
        click.echo(f"  {code.summary}")
