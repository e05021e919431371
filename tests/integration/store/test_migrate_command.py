"""`doorward migrate`, on real databases."""

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from doorward.domain.database_address import DatabaseAddress, DatabaseKind
from doorward.store.database import Database
from doorward.store.migrations.steps import known_steps
from support.databases import PostgresqlDatabases

STEPS = known_steps(DatabaseKind.SQLITE)
SHOWN = [{"version": step.version, "name": step.name} for step in STEPS]
COUNTED = "1 step" if len(STEPS) == 1 else f"{len(STEPS)} steps"


def lines(word: str) -> str:
    return "".join(f"{word} {step.version:04} {step.name}\n" for step in STEPS)


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["migrate", *arguments], env={"DOORWARD_DATABASE": None, **environment})


def test_the_file_of_the_state_directory_is_migrated_step_by_step(tmp_path: Path) -> None:
    shown = f"sqlite:{tmp_path}/doorward.db"
    dry = run("--dry-run", DOORWARD_STATE=str(tmp_path))
    assert (dry.exit_code, dry.output) == (0, f"{lines('pending')}{shown}: {COUNTED} pending\n")
    assert list(tmp_path.iterdir()) == []
    first = run(DOORWARD_STATE=str(tmp_path))
    assert (first.exit_code, first.output) == (0, f"{lines('applied')}{shown}: {COUNTED} applied\n")
    again = run(DOORWARD_STATE=str(tmp_path))
    assert (again.exit_code, again.output) == (0, f"{shown}: nothing to do\n")


def test_json_shows_no_password(postgresql: PostgresqlDatabases) -> None:
    address = postgresql.new("template0")
    place = address.place.replace("postgres@", "postgres:geheim@")
    dry = json.loads(run("--dry-run", "--json", "--database", place).output)
    assert dry == {"database": str(address), "pending": SHOWN}
    done = json.loads(run("--json", "--database", place).output)
    assert done == {"database": str(address), "applied": SHOWN}
    postgresql.drop(address)


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        pytest.param(("--database", "mysql://x"), {}, "--database", id="option"),
        pytest.param((), {"DOORWARD_DATABASE": "x.db"}, "DOORWARD_DATABASE", id="environment"),
    ],
)
def test_what_is_no_address_is_a_usage_error(
    arguments: tuple[str, ...], environment: dict[str, str], named: str
) -> None:
    result = run(*arguments, **environment)
    assert result.exit_code == 2
    assert named in result.output
    assert "give sqlite:PATH" in result.output


def test_a_file_that_is_served_is_not_migrated_by_another_process(tmp_path: Path) -> None:
    with contextlib.closing(Database.open(DatabaseAddress.in_folder(tmp_path))):
        result = run(DOORWARD_STATE=str(tmp_path))
    assert result.exit_code == 5
    assert "is used by another process; stop it first" in result.output


def test_a_server_that_does_not_answer_is_told() -> None:
    result = run("--database", "postgresql://me:geheim@127.0.0.1:1/doorward")
    assert result.exit_code == 5
    assert "the database postgresql://me@127.0.0.1:1/doorward cannot be used" in result.output
    assert "geheim" not in result.output
