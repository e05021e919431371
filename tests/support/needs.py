"""Tests marked `needs("program")` run where the program is installed; `make tools` installs it."""

from __future__ import annotations  # the SDK is tested on 3.9 too

import os
import shutil

import pytest

# Where Debian puts servers, for those who are not root.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
_OTHER_NAMES = {"chromium": ("chromium-browser", "google-chrome"), "node": ("nodejs",)}


def find_program(name: str) -> str | None:
    """The path of a program, by any of its names."""
    found = (shutil.which(one, path=_PATH) for one in (name, *_OTHER_NAMES.get(name, ())))
    return next(filter(None, found), None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with a reason that names what is missing."""
    for mark in item.iter_markers("needs"):
        missing = [program for program in mark.args if find_program(program) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}; `make tools` installs it")
