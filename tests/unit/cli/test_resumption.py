"""Where an import goes on."""

import json
from itertools import count
from pathlib import Path

import pytest

from doorward.cli.importing.resumption import Position, Resumption

SEEN = Position(line=400, offset=9000, created=398, exists=1, refused=1)
numbers = count()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.csv"
    path.write_text("a\n")
    return path


def resumption(file: Path, target: str = "http://a") -> Resumption:
    return Resumption(file, target, lambda: str(next(numbers)))


def left(file: Path) -> Resumption:
    before = resumption(file)
    before.begin()
    before.note(SEEN)
    return before


def test_an_import_that_was_left_goes_on_under_its_name(file: Path) -> None:
    before = left(file)
    after = resumption(file)
    assert after.name != before.name
    assert after.begin() == SEEN
    assert after.name == before.name
    assert after.path.name == "users.csv.progress"


def test_a_file_that_has_changed_is_imported_from_its_beginning(file: Path) -> None:
    before = left(file)
    file.write_text("b\n")
    after = resumption(file)
    assert after.begin() == Position()
    assert after.name != before.name


def test_another_sidecar_is_given_the_whole_file(file: Path) -> None:
    left(file)
    assert resumption(file, "http://b").begin() == Position()


def test_what_is_forgotten_begins_again(file: Path) -> None:
    left(file).forget()
    assert resumption(file).begin() == Position()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"digest": 1}', "\ud7ff"])
def test_notes_that_are_none_are_as_if_there_were_none(file: Path, content: str) -> None:
    left(file).path.write_text(content)
    assert resumption(file).begin() == Position()


def test_notes_that_lack_a_number_are_as_if_there_were_none(file: Path) -> None:
    path = left(file).path
    told = json.loads(path.read_text())
    for name in ("line", "offset", "name"):
        path.write_text(json.dumps({key: value for key, value in told.items() if key != name}))
        assert resumption(file).begin() == Position()
