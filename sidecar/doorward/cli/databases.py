"""Which database a command means."""

from pathlib import Path

import click

from doorward.domain.database_address import DatabaseAddress
from doorward.settings import database_address


def read_database(state: Path, given: str | None) -> DatabaseAddress:
    """What an option says, else DOORWARD_DATABASE, else the file of the state directory."""
    try:
        return database_address(state, given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--database" if given else "DOORWARD_DATABASE") from error
