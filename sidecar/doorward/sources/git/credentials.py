"""The credentials that git may use: the address's own, and the operator's helpers. Never a repository's."""

import os
from collections.abc import Sequence
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


def credential_environment(address: GitAddress, beside: Path) -> dict[str, str]:
    """Variables that tell git whom to ask for user and password of the address: in no argument, file or message.

    `beside` is a folder that is no repository, to run git in.
    """
    user, password = address.credentials or ("", "")
    if not password:
        return _as_settings(_operators(beside, address, user) if address.is_http else [])
    # Bound to the host: a redirect to another one must not be told.
    settings = [("credential.helper", ""), (f"credential.{_host(address)}.helper", _HELPER)]
    return {"DOORWARD_GIT_USER": user, "DOORWARD_GIT_PASSWORD": password, **_as_settings(settings)}


def _as_settings(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Settings as variables, which nobody else can read, unlike arguments; those of `git -c` come after them."""
    named = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        named |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return named


def _host(address: GitAddress) -> str:
    parts = urlsplit(address.url)
    return f"{parts.scheme}://{parts.netloc}"


def _operators(beside: Path, address: GitAddress, user: str) -> list[tuple[str, str]]:
    """The `credential.*` settings of the operator's own git configuration, and the address's user, if it names one."""
    named = [(f"credential.{_host(address)}.username", user)] if user else []
    home = os.environ.get("HOME")
    if not home:
        return named
    xdg = os.environ.get("XDG_CONFIG_HOME") or str(Path(home, ".config"))
    settings = []
    for file in (Path(xdg, "git", "config"), Path(home, ".gitconfig")):
        if not file.is_file():
            continue
        git = Git(beside, environment={"GIT_CEILING_DIRECTORIES": str(beside.absolute().parent)})
        try:
            found = git.run("config", "--file", str(file), "--includes", "--null", "--get-regexp", _OPERATORS)
        except GitFailed:
            continue  # it has none
        for entry in os.fsdecode(found).split("\0"):
            key, newline, value = entry.partition("\n")
            if newline and not (user and key.endswith(".username")):
                settings.append((key, value))
    return settings + named
