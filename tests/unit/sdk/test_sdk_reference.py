from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import doorward_sdk
import doorward_sdk.errors
import doorward_sdk.testing

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference" / "sdk.md"
README = ROOT / "sdk" / "README.md"


def documented(section: str) -> list[str]:
    """The names that head an entry in a section: `### \\`name(...)\\``."""
    text = REFERENCE.read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [re.split(r"\W", entry)[0] for entry in re.findall(r"^### `([^`]+)`", text, re.MULTILINE)]


def test_every_public_name_is_documented_and_nothing_else() -> None:
    sections = (
        "Asking",
        "Answers",
        "Flags",
        "Limits and usage",
        "Records",
        "Guarding functions",
        "Errors",
        "Transports",
    )
    names = [name for section in sections for name in documented(section)]
    assert sorted(names) == sorted(doorward_sdk.__all__)


def test_every_name_for_tests_is_documented_and_nothing_else() -> None:
    assert sorted(documented("Testing")) == sorted(doorward_sdk.testing.__all__)


@pytest.mark.parametrize("name", doorward_sdk.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert getattr(doorward_sdk, name).__doc__


@pytest.mark.parametrize("document", [REFERENCE, README], ids=["reference", "readme"])
def test_the_examples_run(document: Path) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    assert examples
    names: dict[str, object] = {}
    for example in examples:
        if "from openfeature" in example and find_spec("openfeature") is None:
            continue  # it needs Python 3.10
        exec(example, names)  # noqa: S102 - our own documents


def test_the_reference_draws_the_error_tree_of_the_module() -> None:
    tree = re.search(r"^DoorwardError\n(?:[├└│ ].*\n)+", doorward_sdk.errors.__doc__ or "", re.MULTILINE)
    assert tree is not None
    assert tree[0] in REFERENCE.read_text()
