"""The commands of `doorward`: each is there, is listed with what it does, and loads what it uses."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from doorward.cli import main

CONTEXT = click.Context(main)
NAMES = main.list_commands(CONTEXT)
REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_listed_is_there(name: str) -> None:
    command = main.get_command(CONTEXT, name)
    assert command is not None
    assert command.help


def test_the_list_of_commands_says_of_each_in_one_line_what_it_does() -> None:
    listed = CliRunner().invoke(main, ["--help"], terminal_width=80).output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == NAMES
    assert all(line.endswith(".") for line in listed)


def loaded_by(arguments: list[str]) -> set[str]:
    """The modules that a command of its own process has loaded when it ends."""
    program = (
        "import atexit, sys, doorward.cli\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"doorward.cli.main({arguments!r})\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(ran.stderr.split())


def test_listing_the_commands_loads_none_of_them() -> None:
    modules = loaded_by(["--help"])
    assert {name for name in modules if name.startswith("doorward.")} <= {
        "doorward.cli",
        "doorward.cli.terminal",
        "doorward.domain",
        "doorward.domain.errors",
    }


def test_a_command_that_reads_files_loads_neither_server_nor_database() -> None:
    modules = loaded_by(["policy", "lint", str(REPOSITORY)])
    assert "doorward.policy.lint" in modules
    assert not modules & {"flask", "granian", "pony", "sqlite3", "psycopg2", "cryptography", "watchfiles"}


def test_the_application_without_postgresql_loads_no_driver_of_it() -> None:
    question = ["--subject", "user:a", "--action", "view", "--resource", "agents:x", "--role", "viewer"]
    modules = loaded_by(["check", "--policy", str(REPOSITORY), *question])
    assert "doorward.store.database" in modules
    assert "psycopg2" not in modules
