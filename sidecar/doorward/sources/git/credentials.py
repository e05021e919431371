"""The credentials that git may use: the address's own, and the operator's helpers. Never a repository's."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import Git, GitFailed

_OPERATORS: Final = r"^credential\.(.*\.)?(helper|username|usehttppath)$"
_HELPER: Final = (
    "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' "
    '"$DOORWARD_GIT_USER" "$DOORWARD_GIT_PASSWORD"; }; f'
)


def credential_settings(address: GitAddress, beside: Path) -> list[str]:
    """Lines for `git -c`: whom to ask for user and password of the address.

    `beside` is a folder that is no repository, to run git in.
    """
    if address.credentials is not None:
        parts = urlsplit(address.url)
        # Bound to the host: a redirect to another one must not be told.
        return ["credential.helper=", f"credential.{parts.scheme}://{parts.netloc}.helper={_HELPER}"]
    return _operators(beside) if address.is_http else []


def credential_environment(address: GitAddress) -> dict[str, str]:
    """User and password for the helper of `credential_settings`: in no argument, no file and no message."""
    if address.credentials is None:
        return {}
    user, password = address.credentials
    return {"DOORWARD_GIT_USER": user, "DOORWARD_GIT_PASSWORD": password}


def _operators(beside: Path) -> list[str]:
    """The `credential.*` lines of the operator's own git configuration."""
    home = os.environ.get("HOME")
    if not home:
        return []
    xdg = os.environ.get("XDG_CONFIG_HOME") or str(Path(home, ".config"))
    lines = []
    for file in (Path(xdg, "git", "config"), Path(home, ".gitconfig")):
        if not file.is_file():
            continue
        git = Git(beside, environment={"GIT_CEILING_DIRECTORIES": str(beside.absolute().parent)})
        try:
            found = git.run("config", "--file", str(file), "--includes", "--null", "--get-regexp", _OPERATORS)
        except GitFailed:
            continue  # it has none
        for entry in found.decode(errors="replace").split("\0"):
            key, newline, value = entry.partition("\n")
            if key and newline:
                lines.append(f"{key}={value}")
    return lines
