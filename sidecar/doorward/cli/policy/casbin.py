"""`doorward import casbin`: a policy tree from the files of a stock Casbin enforcer."""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from doorward.cli.terminal import Exit, fail, print_json, told
from doorward.policy.casbin_import import (
    OPENING,
    OPTION_OF,
    TYPE_OF,
    Finding,
    Imported,
    Quotes,
    StockFiles,
    TypesUnclear,
    Weight,
    Wishes,
    check_options,
    enforce_request,
    import_casbin,
)
from doorward.policy.tree import ACCESS_MODEL, ACCESS_RULES
from doorward.sources import read_tree

_FUNCTIONS: Final = ("keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "globMatch", "regexMatch")
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_SHOWN: Final = 10  # findings of one kind on a terminal
_COLOURS: Final = {Weight.ERROR: "red", Weight.DANGER: "red", Weight.DIFFERS: "yellow", Weight.BY_HAND: "yellow"}
_HEADINGS: Final = {Weight.DANGER: "danger: more may be allowed than is meant"}
_ORDER: Final = (
    *(Weight.ERROR, Weight.DANGER, Weight.DIFFERS, Weight.BY_HAND),
    *(Weight.LEFT_OUT, Weight.NOTE, Weight.TIDIED),
)


@click.group("import")
def import_group() -> None:
    """Make a policy tree from the files of another program."""


@import_group.command()
@click.argument("model", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("policy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--into", type=click.Path(path_type=Path), default=Path("policy"), help="The tree.  [default: policy]")
@click.option("--subject-type", metavar="TYPE", help="Write TYPE:alice for alice, and role:NAME for roles.")
@click.option("--resource-type", metavar="TYPE", help="Write TYPE:data1 for data1.")
@click.option(
    "--match",
    "matches",
    multiple=True,
    metavar="G=FUNCTION",
    help="Holders of G are patterns, as add_named_matching_func says in a program: g2=keyMatch2. Repeatable.",
)
@click.option(
    "--quotes",
    type=click.Choice([one.value for one in Quotes]),
    default=Quotes.PYCASBIN.value,
    help="What a double quote in POLICY means: a character (pycasbin, the default), or CSV quoting (Go and Node).",
)
@click.option("--keep-going", is_flag=True, help="Leave out rows that do not load, as comments.")
@click.option("--force", is_flag=True, help="Overwrite a model and rules that stand in the tree.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def casbin(  # noqa: PLR0913 - one parameter an option
    *,
    model: Path,
    policy: Path,
    into: Path,
    subject_type: str | None,
    resource_type: str | None,
    matches: tuple[str, ...],
    quotes: str,
    keep_going: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make a tree that decides as MODEL and POLICY do in a stock Casbin enforcer, and say what differs.

    Exit code 0: nothing differs, 1: something does, 3: it would not load, and nothing was written.
    """
    wishes = Wishes(
        types=_types(subject_type, resource_type),
        matches=dict(_match(one) for one in matches),
        quotes=Quotes(quotes),
        keep_going=keep_going,
    )
    standing = [path for path in (ACCESS_MODEL, ACCESS_RULES) if (into / path).exists()]
    if standing and not force:
        fail(Exit.USAGE, f"{into / standing[0]} is there already", "name another folder with --into, or give --force")
    old = StockFiles(model_path=str(model), model=model.read_bytes(), rules_path=str(policy), rules=policy.read_bytes())
    progress = Progress()
    try:
        imported = import_casbin(old, wishes, _beside(into), progress)
    except TypesUnclear as why:
        fail(Exit.USAGE, str(why), f"leave out {' and '.join(OPTION_OF[token] for token in why.tokens)}")
    progress.end()
    if imported.snapshot is not None:
        _write(into, imported.files)
    if as_json:
        print_json(_as_json(imported, into))
    else:
        _show(imported, into, model, policy, wishes)
    code = Exit.NO if imported.differs else Exit.OK
    raise SystemExit(int(code if imported.snapshot is not None else Exit.DOES_NOT_LOAD))


def _types(subject: str | None, resource: str | None) -> dict[str, str]:
    found = {}
    for token, kind in (("sub", subject), ("obj", resource)):
        if kind is None:
            continue
        if not _TYPE.match(kind) or kind == "role":
            raise click.BadParameter(f"{kind!r} is no type, like user or doc", param_hint=OPTION_OF[token])
        found[token] = kind
    return found


def _match(text: str) -> tuple[str, str]:
    kind, _, name = text.partition("=")
    alike = {one.lower(): one for one in _FUNCTIONS}
    function = alike.get(re.sub("_|func$", "", name.lower()))
    if not re.fullmatch("g[0-9]*", kind) or function is None:
        message = f"{text!r} is no G=FUNCTION, like g2=keyMatch2; there are {', '.join(_FUNCTIONS)}"
        raise click.BadParameter(message, param_hint="--match")
    return kind, function


def _beside(into: Path) -> dict[str, bytes]:
    """The other files of a tree that is there already."""
    if not into.is_dir():
        return {}
    with told():
        files = read_tree(into)
    return {path: content for path, content in files.items() if path not in {ACCESS_MODEL, ACCESS_RULES}}


def _write(into: Path, files: dict[str, bytes]) -> None:
    """Write both files or none: a new tree appears as a whole, in an old one complete files are moved into place."""
    if not into.exists():
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=into.parent) as made:
            new = Path(made) / "tree"
            for path, content in files.items():
                (new / path).parent.mkdir(parents=True)
                (new / path).write_bytes(content)
            new.rename(into)
        return
    waiting = []
    for path, content in files.items():
        place = into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.import")
        beside.write_bytes(content)
        waiting.append((beside, place))
    for beside, place in waiting:
        beside.replace(place)


def _as_json(imported: Imported, into: Path) -> dict[str, object]:
    return {
        "imported": imported.snapshot is not None,
        "differs": imported.differs,
        "into": str(into),
        "revision": imported.snapshot.revision if imported.snapshot else None,
        "rules": imported.rules,
        "roles": imported.roles,
        "by_position": imported.by_position,
        "findings": [
            {"weight": one.weight, "code": one.code, "path": one.path, "line": one.line, "what": one.what, "do": one.do}
            for one in imported.findings
        ],
    }


def _show(imported: Imported, into: Path, model: Path, policy: Path, wishes: Wishes) -> None:
    for weight in _ORDER:
        found = [one for one in imported.findings if one.weight is weight]
        if found:
            click.secho(_HEADINGS.get(weight, weight.value), bold=True, fg=_COLOURS.get(weight))
            _show_findings(found)
            click.echo("")
    if imported.snapshot is None:
        count = sum(one.weight is Weight.ERROR for one in imported.findings)
        click.secho(f"{count} error{'s' if count != 1 else ''}; nothing was written", fg="red", err=True)
        advice = "correct the files" if wishes.keep_going else "correct the files, or leave such rows out: --keep-going"
        click.echo(f"next: {advice}", err=True)
        return
    click.secho("imported", fg="green", bold=True, nl=False)
    made = f"{_counted(imported.rules, 'rule')} and {_counted(imported.roles, 'role row')}"
    click.echo(f"  {made} from {model} and {policy} into {into}")
    click.echo(f"next: doorward policy lint {into}")
    click.echo(f"      doorward policy explain-model {into}")
    left_out = sum(line.startswith(OPENING) for line in imported.files[ACCESS_RULES].decode().split("\n"))
    if wishes.keep_going and left_out:
        rows = _counted(left_out, "row")
        click.echo(f"      write the {rows} left out anew: grep '{OPENING.rstrip(' (')}' {into / ACCESS_RULES}")
    if imported.by_position:
        click.echo(f"      doorward serve --policy {into}")
        body = f'{{"request": {enforce_request(imported.snapshot, time.time())}}}'
        click.echo(f"      and ask it by position: POST /v1/enforce {body}")
    else:
        options = check_options(imported.snapshot, time.time(), wishes.types or TYPE_OF)
        click.echo(f"      doorward check --policy {into} {options} --explain")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _show_findings(found: Sequence[Finding]) -> None:
    """Findings of one weight, the first few of each kind."""
    kinds: dict[str, list[Finding]] = {}
    for one in found:
        kinds.setdefault(one.code, []).append(one)
    for alike in kinds.values():
        for one in alike[:_SHOWN]:
            click.echo(f"  {one.path}:{one.line}: {one.what}" if one.line else f"  {one.path}: {one.what}")
            if one.do:
                click.echo(f"    {one.do}")
        if len(alike) > _SHOWN:
            click.echo(f"  and {len(alike) - _SHOWN:,} more of this kind; --json has all")


class Progress:
    """Tells a person at a terminal that work goes on; called every few thousand lines."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._is_watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self) -> None:
        """Say how long it has taken, once a second."""
        now = time.monotonic()
        if self._is_watched and now - self._said >= 1:
            self._said = now
            click.echo(f"\rimporting ... {now - self._started:.0f} s", nl=False, err=True)

    def end(self) -> None:
        """Leave an empty line for what follows."""
        if self._said != self._started:
            click.echo("\r\033[K", nl=False, err=True)
