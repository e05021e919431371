"""`doorward tenants import` and `doorward users import`, against a sidecar that answers as it is told."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import Asked, FakeSidecar, fake_sidecar

Run = Callable[..., Result]
USERS = "POST /v1/users/import"
HEADER = "id,tenant_id,email,username,first_name,last_name,password\n"


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments)


class Users:
    """The users that a sidecar holds; it refuses those called bad, and answers a repeated key as before."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.fails_at: int | None = None
        self.loses_at: int | None = None
        self._kept: dict[str | None, Any] = {}
        self._asked = 0

    def take(self, asked: Asked) -> tuple[int, Any]:
        self._asked += 1
        if self._asked == self.fails_at:
            return 503, {"type": "https://doorward.dev/problems/store-unavailable", "title": "gone"}
        if asked.key not in self._kept:
            self._kept[asked.key] = {
                "results": [self._taken(one, asked.body["dry_run"]) for one in asked.body["items"]]
            }
        if self._asked == self.loses_at:
            return 503, {"title": "the answer was lost"}
        return 200, self._kept[asked.key]

    def _taken(self, item: dict[str, Any], dry_run: bool) -> dict[str, Any]:
        if item["username"] == "bad":
            return {"id": None, "status": "invalid", "detail": "username is bad"}
        if item["id"] in self.ids:
            return {"id": item["id"], "status": "exists", "detail": None}
        if not dry_run:
            self.ids.add(item["id"])
        return {"id": item["id"], "status": "created", "detail": None}


@pytest.fixture
def users(sidecar: FakeSidecar) -> Users:
    held = Users()
    sidecar.answers_by(USERS, held.take)
    return held


def row(number: int, username: str = "") -> str:
    return f"u{number},acme,u{number}@acme.com,{username or f'u{number}'},A,B,SecurePass123!\n"


def file_of(count: int, *bad: int) -> Path:
    path = Path("users.csv")
    path.write_text(HEADER + "".join(row(number, "bad" if number in bad else "") for number in range(count)))
    return path


def test_a_file_is_imported_in_batches_and_counted(users: Users, sidecar: FakeSidecar, run: Run) -> None:
    file_of(450)
    ended = run("users", "import", "users.csv")
    assert ended.exit_code == 0, ended.output
    assert ended.stdout == "450 created, 0 there already, 0 refused\n"
    assert [len(one.body["items"]) for one in sidecar.asked] == [200, 200, 50]
    assert len(users.ids) == 450
    assert not Path("users.csv.progress").exists()
    again = run("users", "import", "users.csv", "--json")
    assert json.loads(again.stdout) == {"created": 0, "exists": 450, "refused": 0, "dry_run": False}


def test_tenants_come_from_json_lines(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/tenants/import", 200, {"results": [{"id": "a", "status": "created", "detail": None}]})
    Path("tenants.jsonl").write_text('{"name": "A", "domain": "a.b", "settings": {"x": 1}}\n')
    ended = run("tenants", "import", "tenants.jsonl")
    assert ended.exit_code == 0, ended.output
    assert sidecar.last.body == {"items": [{"name": "A", "domain": "a.b", "settings": {"x": 1}}], "dry_run": False}


def test_refused_lines_are_told_and_kept_to_be_mended(users: Users, run: Run) -> None:
    file = file_of(5, 1)
    with file.open("a") as more:
        more.write("u9,acme\n")
    ended = run("users", "import", "users.csv", "--errors", "errors.csv")
    assert ended.exit_code == 1
    assert "users.csv:3: username is bad\nusers.csv:7: has 2 fields, and the header 7" in ended.stderr
    assert "4 created, 0 there already, 2 refused" in ended.stdout
    assert Path("errors.csv").read_text() == HEADER + row(1, "bad") + "u9,acme\n"
    Path("errors.csv").write_text(HEADER + row(1) + row(9))
    mended = run("users", "import", "errors.csv", "--errors", "more.csv")
    assert mended.exit_code == 0, mended.output
    assert len(users.ids) == 6
    assert not Path("more.csv").exists()


def test_a_dry_run_changes_and_notes_nothing(users: Users, sidecar: FakeSidecar, run: Run) -> None:
    file_of(3, 2)
    ended = run("users", "import", "users.csv", "--dry-run")
    assert ended.exit_code == 1
    assert "2 would be created, 0 there already, 1 refused" in ended.stdout
    assert sidecar.last.body["dry_run"] is True
    assert users.ids == set()
    assert sorted(path.name for path in Path().iterdir()) == ["users.csv"]


def test_an_import_goes_on_where_it_was_left(users: Users, sidecar: FakeSidecar, run: Run) -> None:
    file_of(600, 7, 450)
    users.fails_at = 2
    left = run("users", "import", "users.csv", "--errors", "errors.csv")
    assert left.exit_code == 5
    assert "the same command goes on where it was left" in left.stderr
    assert len(users.ids) == 199
    ended = run("users", "import", "users.csv", "--errors", "errors.csv")
    assert ended.exit_code == 1
    assert "goes on behind line 201" in ended.stderr
    assert "598 created, 0 there already, 2 refused" in ended.stdout
    assert [one.body["items"][0]["id"] for one in sidecar.asked] == ["u0", "u200", "u200", "u400"]
    assert Path("errors.csv").read_text() == HEADER + row(7, "bad") + row(450, "bad")


def test_a_batch_whose_answer_was_lost_is_counted_as_it_was_answered(users: Users, run: Run) -> None:
    file_of(300)
    users.loses_at = 1
    assert run("users", "import", "users.csv").exit_code == 5
    assert len(users.ids) == 200
    assert run("users", "import", "users.csv").stdout == "300 created, 0 there already, 0 refused\n"


def test_restart_begins_at_the_first_line(users: Users, sidecar: FakeSidecar, run: Run) -> None:
    file_of(300)
    users.fails_at = 2
    run("users", "import", "users.csv")
    ended = run("users", "import", "users.csv", "--restart")
    assert ended.stdout == "100 created, 200 there already, 0 refused\n"
    assert [one.body["items"][0]["id"] for one in sidecar.asked] == ["u0", "u200", "u0", "u200"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("users.txt", b"x", "ends with neither .csv nor .jsonl"),
        ("users.csv", b"id,id\n", "the column 'id' stands there twice"),
        ("users.csv", b"id\n", "the column 'tenant_id' is missing"),
        ("users.csv", b"", "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_imported_asks_nothing(
    name: str, content: bytes, says: str, sidecar: FakeSidecar, run: Run
) -> None:
    Path(name).write_bytes(content)
    ended = run("users", "import", name)
    assert ended.exit_code == 2, ended.output
    assert says in " ".join(ended.output.split())
    assert sidecar.asked == []
    assert [path.name for path in Path().iterdir()] == [name]


def test_the_errors_do_not_go_into_the_file_itself(run: Run) -> None:
    file_of(1)
    ended = run("users", "import", "users.csv", "--errors", "./users.csv")
    assert ended.exit_code == 2
    assert "name another" in ended.output
    assert Path("users.csv").read_text().startswith(HEADER)


def test_a_password_of_the_file_stands_in_nothing_that_is_printed_or_noted(users: Users, run: Run) -> None:
    file_of(3, 1)
    users.loses_at = 1
    ended = run("users", "import", "users.csv")
    assert not re.search("Secure", ended.output + Path("users.csv.progress").read_text())
