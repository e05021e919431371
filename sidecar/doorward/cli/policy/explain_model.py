"""`doorward policy explain-model`: what a model means, in words."""

import textwrap
from pathlib import Path
from typing import Final

import click

from doorward.bootstrap import load_folder
from doorward.cli.policy.trees import chosen
from doorward.cli.terminal import print_json, told
from doorward.policy.explain_model import Meaning
from doorward.policy.explain_model import explain_model as meanings_of
from doorward.policy.tree import ACCESS_MODEL

_WIDTH: Final = 100


@click.command("explain-model")
@click.argument("tree", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain_model(*, tree: Path | None, as_json: bool) -> None:
    """Say in words what the model of TREE means: questions, rules, roles, and who decides."""
    with told():
        snapshot = load_folder(chosen(tree))
    checked = {name: evaluator.model for name, evaluator in snapshot.sections.items()}
    meanings = meanings_of(snapshot.tree.files[ACCESS_MODEL].decode(), checked, snapshot.sections)
    if as_json:
        print_json([_as_json(one) for one in meanings])
        return
    for meaning in meanings:
        _show(meaning)


def _as_json(meaning: Meaning) -> dict[str, object]:
    chapters = [
        {"title": one.title, "sentences": list(one.sentences), "points": list(one.points)} for one in meaning.chapters
    ]
    return {"section": meaning.section, "chapters": chapters}


def _show(meaning: Meaning) -> None:
    if meaning.section:
        click.secho(f"SECTION {meaning.section}\n", bold=True)
    for chapter in meaning.chapters:
        click.secho(chapter.title, bold=True)
        for sentence in chapter.sentences:
            click.echo(textwrap.fill(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  "))
        for point in chapter.points:
            first, *nested = point.split("\n")
            click.echo(textwrap.fill(first, _WIDTH, initial_indent="  - ", subsequent_indent="    "))
            for one in nested:
                click.echo(textwrap.fill(one, _WIDTH, initial_indent="    - ", subsequent_indent="      "))
        click.echo("")
