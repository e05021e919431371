"""`doorward usage show|reconcile` and `billing record-usage`, over the application in this process."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.cli.usage import show as usage_show
from doorward.cli.usage.show import bar
from doorward.domain.database_address import DatabaseAddress
from doorward.sources import make_policy_repository

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("DOORWARD_URL", "DOORWARD_KEY", "DOORWARD_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    make_policy_repository(tmp_path / "policy")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments])

    assert invoke("tenants", "create", "--name", "Acme", "--domain", "acme.com", "--id", "acme").exit_code == 0
    return invoke


def test_the_requirements_own_command_counts_usage_which_is_shown(run: Run) -> None:
    recorded = run(
        "billing", "record-usage", "--tenant-id", "acme", "--metric", "api_calls", "--value", "100", "--id", "a"
    )
    assert (recorded.exit_code, recorded.output) == (0, "recorded a\n")
    again = run(
        "billing", "record-usage", "--tenant-id", "acme", "--metric", "api_calls", "--value", "100", "--id", "a"
    )
    assert (again.exit_code, again.output) == (0, "a was recorded before, and is counted once\n")

    shown = run("usage", "show", "acme")

    assert shown.exit_code == 0, shown.output
    lines = [line.split() for line in shown.output.splitlines()]
    assert lines[0] == ["acme,", "plan", "basic"]
    assert ["api_calls", "100", "call", "0", "1000", "hour"] in [line[:6] for line in lines]
    assert next(line[-1] for line in lines if line[0] == "api_calls") == "10%"
    told = json.loads(run("usage", "show", "acme", "--json").output)
    assert {one["name"]: one["used"] for one in told["items"]}["api_calls"] == 100


def test_what_cannot_be_counted_is_said(run: Run) -> None:
    for arguments, code, said in (
        (("--tenant-id", "nobody", "--metric", "api_calls"), 1, "--tenant-id: there is no tenant 'nobody'"),
        (("--tenant-id", "acme", "--metric", "nothing"), 1, "--metric: there is no limit and no meter 'nothing'"),
        (("--tenant-id", "acme", "--metric", "api_calls", "--value", "-1"), 2, "name it in --corrects"),
        (("--tenant-id", "acme", "--metric", "api_calls", "--value", "1.5"), 2, "--value: must be"),
        (("--tenant-id", "acme", "--metric", "api_calls", "--time", "yesterday"), 2, "--time: must be"),
        (("--tenant-id", "acme", "--metric", "api_calls", "--value", "-1", "--corrects", "x"), 1, "no event 'x'"),
    ):
        result = run("billing", "record-usage", *arguments)
        assert result.exit_code == code, result.output
        assert said in result.output
    assert run("usage", "show", "nobody").exit_code == 1


def test_what_was_used_is_shown_by_time(run: Run) -> None:
    for number, (time, value) in enumerate((("10:30", "40"), ("10:59", "2"), ("12:00", "21"))):
        moment = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}T{time}:00Z"
        count = ("--metric", "api_calls", "--value", value, "--time", moment, "--id", str(number))
        assert run("billing", "record-usage", "--tenant-id", "acme", *count).exit_code == 0
    day = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"

    hours = run(
        "usage",
        "history",
        "acme",
        "api_calls",
        "--by",
        "hour",
        "--start",
        f"{day}T10:00:00Z",
        "--end",
        f"{day}T13:00:00Z",
    )

    assert hours.exit_code == 0, hours.output
    assert [line.split() for line in hours.output.splitlines()] == [
        ["acme,", "api_calls:", "63", "call", "(sum)"],
        ["from", "(UTC)", "used"],
        [day, "10:00", "42"],
        [day, "11:00", "0"],
        [day, "12:00", "21"],
    ]
    assert [day, "63"] in [line.split() for line in run("usage", "history", "acme", "api_calls").output.splitlines()]
    told = json.loads(run("usage", "history", "acme", "api_calls", "--by", "month", "--json").output)
    assert (told["total"], told["by"]) == (63, "month")
    assert run("usage", "history", "acme", "nothing").exit_code == 1
    assert run("usage", "history", "acme", "api_calls", "--start", "yesterday").exit_code == 2


def test_shares_of_limits_that_were_reached_are_shown(run: Run) -> None:
    none = run("usage", "thresholds", "acme")
    assert (none.exit_code, none.stderr) == (0, "  none\n")
    run("billing", "record-usage", "--tenant-id", "acme", "--metric", "max_agents", "--value", "4")

    shown = run("usage", "thresholds", "acme")

    assert [line.split()[:6] for line in shown.output.splitlines()[1:]] == [
        ["max_agents", "total", "80%", "4", "of", "5"]
    ]
    assert [one["percent"] for one in json.loads(run("usage", "thresholds", "acme", "--json").output)["items"]] == [80]


def test_what_differs_is_shown_and_mended(run: Run, tmp_path: Path) -> None:
    run("billing", "record-usage", "--tenant-id", "acme", "--metric", "api_calls", "--value", "7")
    right = run("usage", "reconcile")
    assert (right.exit_code, right.output) == (0, "1 ledger: all is what the events say\n")
    with closing(sqlite3.connect(DatabaseAddress.in_folder(tmp_path).place, isolation_level=None)) as connection:
        connection.execute("UPDATE ledger SET used = 9")

    wrong = run("usage", "reconcile", "acme")

    assert wrong.exit_code == 1
    assert ["acme", "api_calls", "used", "the", "ledger", "9", "7"] in [
        line.split() for line in wrong.output.splitlines()
    ]
    assert "mend with --repair" in wrong.output
    mended = json.loads(run("usage", "reconcile", "--repair", "--json").output)
    assert [one["repaired"] for one in mended["differences"]] == [True]
    assert run("usage", "reconcile").exit_code == 0


def test_a_bar_is_as_long_as_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        encoding = "utf-8"

    monkeypatch.setattr(usage_show.sys, "stdout", Terminal)
    shares = [bar(percent, 20) for percent in (0, 1, 50, 100, 250)]
    assert [one.count("█") for one in shares] == [0, 1, 10, 20, 20]
    assert {len(one.split()[0]) for one in shares} == {20}
    assert bar(None, 20) == ""
    Terminal.encoding = "ascii"
    assert bar(50, 20) == "##########.......... 50%"
    assert bar(50, 0) == "50%"


def test_a_row_is_a_line_of_the_terminal_with_as_long_a_bar_as_there_is_room_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("billing", "record-usage", "--tenant-id", "acme", "--metric", "api_calls", "--value", "300")
    monkeypatch.setattr(usage_show.sys.stdout, "isatty", lambda: True)
    for columns, bar_length in ((120, 20), (80, 6), (75, 0)):
        monkeypatch.setenv("COLUMNS", str(columns))

        main(["usage", "show", "acme"], standalone_mode=False)

        rows = capsys.readouterr().out.splitlines()[2:]
        assert len(rows) == 7
        assert max(map(len, rows)) <= columns
        assert [row.count("█") + row.count("░") for row in rows if row.startswith("api_calls")] == [bar_length]
