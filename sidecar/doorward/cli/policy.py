"""`doorward policy`: read, check and show a policy tree. Asks no server."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from doorward.bootstrap import load_folder
from doorward.cli.explain_model import explain_model
from doorward.cli.lint_output import github_annotations, list_codes, show_report
from doorward.cli.show_output import show_policy
from doorward.cli.terminal import Exit, print_json, show_problems
from doorward.domain.errors import PolicyInvalid, Problem
from doorward.policy.lint import Report, report_problems
from doorward.policy.lint import lint as lint_policy
from doorward.policy.snapshot import Snapshot
from doorward.sources import read_tree

_USUAL_PLACES: Final = ("policy", ".doorward/policy")
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
def lint(*, tree: Path | None, form: str, as_json: bool, strict: bool, only_list: bool) -> None:
    """Say whether TREE loads, and what is probably wrong with it, with file, line and fix.

    Exit code 3: it does not load; 1: with --strict, there are warnings.
    """
    if only_list:
        list_codes()
        return
    folder = _chosen(tree)
    report = _examined(folder)
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


def _examined(folder: Path) -> Report:
    """What lint finds in a folder."""
    try:
        snapshot = _loaded(folder, "lint")
    except PolicyInvalid as error:
        return report_problems(error.problems, _readable_files(folder))
    return lint_policy(snapshot)


def _loaded(folder: Path, command: str) -> Snapshot:
    """The policy of a folder. Raises PolicyInvalid, also where the tree stands elsewhere, and says where."""
    fault = _wrong_place(folder, command)
    if fault is not None:
        raise PolicyInvalid([Problem(path=str(folder), line=0, message=fault)])
    return load_folder(folder)


def _wrong_place(folder: Path, command: str) -> str | None:
    """What to give in the place of a path that is no tree; None where there is one, or nothing at all."""
    if folder.is_file():
        return "it is a file; give the folder that holds models/ and policies/"
    if not folder.is_dir() or _holds_tree(folder):
        return None
    below = next((place for name in _USUAL_PLACES if _holds_tree(place := folder / name)), None)
    if below is not None:
        return f"no tree, but there is one below; next: doorward policy {command} {below}"
    if os.access(folder, os.R_OK) and any(folder.iterdir()):
        return (
            "neither models/ nor policies/ is in it; give the folder that holds them (`doorward init` makes a new one)"
        )
    return None


def _holds_tree(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("models", "policies"))


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
        snapshot = _loaded(_chosen(tree), "show")
    except PolicyInvalid as error:
        show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    if as_json:
        print_json(snapshot.describe())
    else:
        show_policy(snapshot)


def _chosen(tree: Path | None) -> Path:
    return tree or Path(os.environ.get("DOORWARD_POLICY") or ".")


policy.add_command(explain_model)
