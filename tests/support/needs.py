"""Tests marked `needs("program")` run where the program is installed; `make tools` installs it."""

import shutil

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with a reason that names what is missing."""
    for mark in item.iter_markers("needs"):
        missing = [program for program in mark.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}; `make tools` installs it")
