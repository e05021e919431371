"""Lets git read a repository of another user on this machine: the one that the address names, and no other."""

import os
from pathlib import Path
from typing import Final

from doorward.domain.git_address import GitAddress

_ESCAPED: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


def owner_environment(address: GitAddress, file: Path) -> dict[str, str]:
    """Variables that let git read the address's repository, whoever owns it. `file` is where the settings are kept.

    The git that serves a local repository heeds the machine's settings and no variables, and those are not read here.
    """
    if address.local_path is None:
        return {}
    wanted = "[safe]\n" + "".join(
        f'\tdirectory = "{path.translate(_ESCAPED)}"\n' for path in _places(address.local_path)
    )
    if not file.is_file() or file.read_text() != wanted:
        new = file.with_name(f"{file.name}.new")
        new.write_text(wanted)
        new.replace(file)
    return {"GIT_CONFIG_GLOBAL": str(file.absolute())}


def _places(path: str) -> list[str]:
    """Where git looks for a repository at a path: it, with `.git` after it, and `.git` in it, links followed or not."""
    stem = path.rstrip("/")
    given = (stem, f"{stem}.git", f"{stem}/.git", f"{stem}.git/.git")
    return sorted({*given, *(os.path.realpath(place) for place in given)})
