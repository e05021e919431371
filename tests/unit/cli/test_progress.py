"""How a long command tells how far it is."""

from collections.abc import Iterator

import pytest

from doorward.cli.progress import Progress


def clock(*moments: float) -> Iterator[float]:
    yield from moments


def test_a_terminal_has_one_bar_that_ends_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    moments = clock(0, 1, 1.01, 2)
    with Progress("users.csv", 200, is_terminal=True, clock=lambda: next(moments)) as progress:
        progress.at(50, "50 created")
        progress.at(60, "60 created")
        progress.at(200, "200 created")
    written = capsys.readouterr().err
    assert "users.csv [########----------------------]  25%  50 created" in written
    assert "60 created" not in written
    assert written.endswith(f"[{'#' * 30}] 100%  200 created\n")
    assert written.count("\n") == 1


def test_a_line_is_told_above_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    moments = clock(0, 1)
    with Progress("f", 10, is_terminal=True, clock=lambda: next(moments)) as progress:
        progress.tell("first")
        progress.at(5, "half")
        capsys.readouterr()
        progress.tell("f:7: refused")
    written = capsys.readouterr().err
    assert written.startswith("\rf:7: refused\nf [")


def test_elsewhere_a_line_is_written_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = clock(0, 1, 6, 7, 12)
    with Progress("f", 400, is_terminal=False, clock=lambda: next(moments)) as progress:
        for done in (100, 200, 300, 400):
            progress.at(done, f"{done} created")
    assert capsys.readouterr().err == "f: 50%, 200 created\nf: 100%, 400 created\n"
