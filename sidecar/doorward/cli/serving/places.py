"""Where the policy stands that a command serves or reads: an option, DOORWARD_POLICY, a folder."""

from pathlib import Path

import click

from doorward.domain.git_address import GitAddress
from doorward.settings import policy_place


def served_place(given: str | None, *, else_folder: Path) -> Path | GitAddress:
    """The folder or git URL that is given, else DOORWARD_POLICY's, else a folder.

    Raises:
        click.BadParameter: a URL that is not followed.
    """
    try:
        return policy_place(given, else_folder)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--policy" if given else "DOORWARD_POLICY") from error
