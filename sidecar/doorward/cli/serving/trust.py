"""What a followed repository must bring to be trusted, from options and the environment."""

import os
import re
from pathlib import Path
from typing import Final

import click

from doorward.domain.git_address import GitAddress
from doorward.sources.git.signatures import Signers, has_ssh_keygen
from doorward.sources.git.source import Trust

ALLOWED_VARIABLE: Final = "DOORWARD_REQUIRE_SIGNED"
REVOKED_VARIABLE: Final = "DOORWARD_REVOKED_SIGNERS"
_ALLOWED: Final = "--require-signed"
_REVOKED: Final = "--revoked-signers"
_REVISION: Final = re.compile(r"[0-9a-f]{7,64}")


def trust_of_environment(policy: Path | GitAddress, state: Path) -> Trust:
    """The trust that the environment asks for. Raises click.BadParameter as `read_trust`."""
    allowed, revoked = os.environ.get(ALLOWED_VARIABLE), os.environ.get(REVOKED_VARIABLE)
    return read_trust(policy, state, Path(allowed) if allowed else None, Path(revoked) if revoked else None, None)


def read_trust(
    policy: Path | GitAddress, state: Path, allowed: Path | None, revoked: Path | None, rollback: str | None
) -> Trust:
    """Check the options against each other and the machine.

    Raises:
        click.BadParameter: one cannot be kept; the message names the fix.
    """
    for variable in (ALLOWED_VARIABLE, REVOKED_VARIABLE):
        if os.environ.get(variable) == "":
            raise click.BadParameter("it is empty; name the file, or unset it", param_hint=variable)
    if isinstance(policy, Path):
        for given, option in ((allowed, _ALLOWED), (revoked, _REVOKED), (rollback, "--allow-rollback")):
            if given is not None:
                raise click.BadParameter("a folder has no commits; give --policy a git URL", param_hint=option)
        return Trust()
    if rollback is not None and not _REVISION.fullmatch(rollback.removeprefix("git:").lower()):
        message = "give a commit's id, or at least 7 of its first digits"
        raise click.BadParameter(message, param_hint="--allow-rollback")
    commit = rollback.removeprefix("git:").lower() if rollback is not None else None
    if allowed is None:
        if revoked is not None:
            raise click.BadParameter(f"only with {_ALLOWED}", param_hint=_REVOKED)
        return Trust(allow_rollback=commit)
    if not has_ssh_keygen():
        raise click.BadParameter("ssh-keygen is not installed; install openssh-client", param_hint=_ALLOWED)
    for file, option in ((allowed, _ALLOWED), (revoked, _REVOKED)):
        if file is not None:
            _check_file(file, option, policy, state)
    return Trust(signers=Signers(allowed, revoked), allow_rollback=commit)


def _check_file(file: Path, option: str, policy: GitAddress, state: Path) -> None:
    """Whoever may push must not be able to say who may push."""
    try:
        file.read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint=option) from error
    repositories = [state / "git", *([Path(policy.local_path)] if policy.local_path is not None else [])]
    for repository in repositories:
        if any(place.is_relative_to(repository.resolve()) for place in (file.resolve(), file.absolute())):
            message = f"{file} stands in the repository {repository}; put it where no commit can change it"
            raise click.BadParameter(message, param_hint=option)
