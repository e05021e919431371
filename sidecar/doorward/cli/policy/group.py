"""`doorward policy`: read, check and show a policy tree. Asks no server, but for `lint --live`."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from doorward.cli.policy.explain_model import explain_model
from doorward.cli.policy.lint_output import github_annotations, list_codes, show_report
from doorward.cli.policy.show_output import show_policy
from doorward.cli.policy.tests import test
from doorward.cli.policy.trees import chosen, loaded, reviewed
from doorward.cli.terminal import Exit, print_json, show_problems
from doorward.domain.errors import PolicyInvalid
from doorward.policy.lint import Live, Report, report_problems
from doorward.policy.lint import lint as lint_policy
from doorward.sources import read_tree

_tree = click.argument("tree", type=click.Path(path_type=Path), required=False)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def policy() -> None:
    """Check and show a policy tree: a folder with models/ and policies/.

    TREE is DOORWARD_POLICY where it is left out, else the current folder.
    """


@policy.command()
@_tree
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="For people, for programs, or as annotations of a GitHub workflow.  [default: text]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Exit with 1 where there are warnings.")
@click.option("--list", "only_list", is_flag=True, help="List what lint finds, by code and name, and end.")
@click.option("--live", is_flag=True, help="Ask a sidecar, too, which plans tenants have, and which values of flags.")
@click.option("--url", help="The sidecar for --live.  [default: DOORWARD_URL, else the one that holds the state]")
def lint(  # noqa: PLR0913 - one parameter an option
    *, tree: Path | None, form: str, as_json: bool, strict: bool, only_list: bool, live: bool, url: str | None
) -> None:
    """Say whether TREE loads, and what is probably wrong with it, with file, line and fix.

    Exit code 3: it does not load; 1: with --strict, there are warnings; 5: with --live, nobody can be asked.
    """
    if only_list:
        list_codes()
        return
    if url is not None and not live:
        raise click.UsageError("--url names the sidecar for --live; give that too, or leave --url out")
    folder = chosen(tree)
    report = _examined(folder, partial(_live_records, url) if live else None)
    match "json" if as_json else form:
        case "json":
            print_json(report.as_json())
        case "github":
            for annotation in github_annotations(report, folder):
                click.echo(annotation)
        case _:
            show_report(report, folder)
    if not report.loads:
        raise SystemExit(int(Exit.DOES_NOT_LOAD))
    if strict and report.warnings:
        raise SystemExit(int(Exit.NO))


def _examined(folder: Path, live: Callable[[], Live] | None) -> Report:
    """What lint finds in a folder; no sidecar is asked where the tree does not load."""
    try:
        snapshot, _ = reviewed(folder, "lint")
    except PolicyInvalid as error:
        return report_problems(error.problems, _readable_files(folder))
    return lint_policy(snapshot, time.time(), None if live is None else live())


def _live_records(url: str | None) -> Live:
    module = import_module("doorward.cli.policy.live_records")  # reading files needs no client
    found: Live = module.live_records(url)
    return found


def _readable_files(folder: Path) -> Mapping[str, bytes]:
    """The files of a tree that does not load, to show the lines at fault; none where they cannot be read."""
    try:
        return read_tree(folder)
    except (PolicyInvalid, OSError):
        return {}


@policy.command()
@_tree
@_json
def show(*, tree: Path | None, as_json: bool) -> None:
    """Show the rules and roles of TREE as tables."""
    try:
        snapshot = loaded(chosen(tree), "show")
    except PolicyInvalid as error:
        show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    if as_json:
        print_json(snapshot.describe())
    else:
        show_policy(snapshot)


policy.add_command(explain_model)
policy.add_command(test)
