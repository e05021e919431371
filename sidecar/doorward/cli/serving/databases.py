"""Which database a command means."""

from pathlib import Path

import click

from doorward.cli.serving.configured import configured
from doorward.domain.database_address import DatabaseAddress
from doorward.settings import database_address


def read_database(state: Path, given: str | None) -> DatabaseAddress:
    """What an option says, else DOORWARD_DATABASE, else a file: of the configured folder, or of the state directory.

    The configured folder is made where it is not there.
    """
    folder = configured().database_folder or state
    try:
        address = database_address(folder, given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--database" if given else "DOORWARD_DATABASE") from error
    if folder is not state and address == DatabaseAddress.in_folder(folder):
        _make(folder)
    return address


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"user_management.storage_path, {folder}, cannot be made: {error.strerror}"
        raise click.BadParameter(message, param_hint="DOORWARD_CONFIG") from error
