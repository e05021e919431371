"""Tables in a terminal of some width, and where output goes elsewhere."""

import sys

import click
import pytest

from doorward.cli.terminal import table

HEADINGS = ("id", "features", "made")
ROWS = [("acme", "agents, workflows, analytics", "2026-11-28 05:20:25Z"), ("b", "", "never")]


def lines_in_a_terminal(
    columns: int,
    rows: list[tuple[str, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    or_blocks: bool = False,
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    with monkeypatch.context() as patch:
        patch.setattr(sys.stdout, "isatty", lambda: True)
        table(HEADINGS, rows, or_blocks=or_blocks)
    return [click.unstyle(line) for line in capsys.readouterr().out.splitlines()]


def test_a_row_is_a_line_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    table(HEADINGS, ROWS, or_blocks=True)
    assert capsys.readouterr().out.splitlines()[1] == "acme  agents, workflows, analytics  2026-11-28 05:20:25Z"


def test_cells_are_wrapped_between_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines_in_a_terminal(44, ROWS, monkeypatch, capsys) == [
        "id    features            made",
        "acme  agents, workflows,  2026-11-28",
        "      analytics           05:20:25Z",
        "b                         never",
    ]


def test_what_fits_no_way_is_told_in_blocks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lines_in_a_terminal(20, ROWS, monkeypatch, capsys, or_blocks=True) == [
        "id        acme",
        "features  agents, workflows, analytics",
        "made      2026-11-28 05:20:25Z",
        "",
        "id        b",
        "made      never",
    ]


def test_without_blocks_words_are_whole_and_lines_longer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "acme  agents,     2026-11-28" in lines_in_a_terminal(20, ROWS, monkeypatch, capsys)


def test_headings_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines_in_a_terminal(5, [], monkeypatch, capsys) == ["id  features  made"]
