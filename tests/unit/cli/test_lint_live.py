"""`doorward policy lint --live` asks what tenants have, every page of it, and says why where nobody answers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import FakeSidecar, fake_sidecar
from support.trees import FLAGS, tree, write_tree

ON = True
PAGE = "GET /v1/flag-overrides"
PLANS = "GET /v1/tenant-plans"
Run = Callable[..., Result]


def item(flag: str, value: object = ON, tenant: str = "acme", state: str = "active") -> dict[str, Any]:
    times = dict.fromkeys(("created_at", "updated_at"), "2026-11-28T06:00:00.000Z")
    ends = "2026-11-01T00:00:00.000Z" if state == "expired" else None
    about = {"flag": flag, "tenant": tenant, "value": value, "state": state, "expires_at": ends}
    return {**about, **times, "reason": None, "created_by": "ann", "version": 1}


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOORWARD_URL", "DOORWARD_DATABASE", "DOORWARD_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOORWARD_KEY", "dw_key")
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    flags = "beta: {type: boolean, default: off}\nsize: {type: integer, variants: {s: 1}, default: s}\n"
    return write_tree(tmp_path / "tree", tree() | {FLAGS: flags.encode()})


@pytest.fixture
def fake() -> Iterator[FakeSidecar]:
    with fake_sidecar() as one:
        yield one.answers(PLANS, 200, {"items": [], "next": None})


@pytest.fixture
def lint(folder: Path, fake: FakeSidecar) -> Run:
    return lambda *options: CliRunner().invoke(
        main, ["policy", "lint", str(folder), "--live", "--url", fake.url, *options]
    )


@pytest.fixture
def two_pages(fake: FakeSidecar) -> None:
    fake.answers(PAGE, 200, {"items": [item("beta"), item("gone")], "next": "MORE"})
    fake.answers(
        f"{PAGE}?cursor=MORE", 200, {"items": [item("size", "7"), item("beta", state="expired")], "next": None}
    )


@pytest.mark.usefixtures("two_pages")
def test_every_page_is_read_and_each_override_that_would_not_count_is_told(lint: Run, fake: FakeSidecar) -> None:
    said = lint()
    assert said.exit_code == 0
    assert [line.split(": ")[:2] for line in said.stdout.splitlines() if "DW5" in line] == [
        [FLAGS, "warning DW501 override-without-flag"],
        [f"{FLAGS}:1", "warning DW503 expired-override"],
        [f"{FLAGS}:2", "warning DW502 override-does-not-fit"],
    ]
    assert "3 warnings" in said.stdout
    assert ", 4 overrides, 0 tenants, revision" in said.stdout
    assert [one.headers["authorization"] for one in fake.asked] == ["Bearer dw_key"] * 3
    assert lint("--strict").exit_code == 1


@pytest.mark.usefixtures("two_pages")
def test_programs_and_github_are_told_the_same(lint: Run) -> None:
    found = json.loads(lint("--json").stdout)
    assert ([one["code"] for one in found["findings"]], found["overrides"]) == (["DW501", "DW503", "DW502"], 4)
    lines = lint("--format", "github").stdout.splitlines()
    assert [line.partition("title=")[2].partition("::")[0] for line in lines] == [
        "DW501 override-without-flag",
        "DW503 expired-override",
        "DW502 override-does-not-fit",
    ]


def test_plans_that_tenants_have_and_the_tree_lacks_are_told(lint: Run, fake: FakeSidecar) -> None:
    fake.answers(PAGE, 200, {"items": [], "next": None})
    uses = [{"plan": name, "tenants": 2, "pending": 0, "declared": True} for name in ("basic", "gold")]
    fake.answers(PLANS, 200, {"items": uses[:1], "next": "MORE"})
    fake.answers(f"{PLANS}?cursor=MORE", 200, {"items": uses[1:], "next": None})
    found = json.loads(lint("--json").stdout)
    assert [one["code"] for one in found["findings"]] == ["DW504", "DW504"]
    assert found["tenants"] == 4
    assert "doorward tenants list --plan=gold" in found["findings"][1]["message"]


def test_nothing_to_tell_is_ok(lint: Run, fake: FakeSidecar) -> None:
    fake.answers(PAGE, 200, {"items": [item("beta")], "next": None})
    assert lint("--strict").exit_code == 0
    assert "ok  " in lint().stdout


@pytest.mark.parametrize(
    ("status", "name", "told"),
    [
        pytest.param(401, "unauthenticated", "set DOORWARD_KEY", id="no key"),
        pytest.param(
            403, "not-permitted", "the scopes flags:write and admin:tenants, bound to no tenant", id="another key"
        ),
        pytest.param(404, "not-found", "does not tell overrides of flags and plans", id="another server"),
        pytest.param(503, "store-unavailable", "try again", id="no database"),
    ],
)
def test_who_is_refused_is_told_what_to_do(lint: Run, fake: FakeSidecar, status: int, name: str, told: str) -> None:
    fake.refuses(PAGE, status, name, "no")
    said = lint("--json")
    assert (said.exit_code, said.stdout, told in said.stderr) == (5, "", True), said.output


def test_a_page_that_is_none_ends_it(lint: Run, fake: FakeSidecar) -> None:
    fake.answers(PAGE, 200, {"items": [{"flag": "beta"}], "next": None})
    assert lint().exit_code == 5
    fake.answers(PAGE, 200, {"items": [], "next": "MORE"}).answers(
        f"{PAGE}?cursor=MORE", 200, {"items": [], "next": "MORE"}
    )
    assert lint().exit_code == 5


def test_a_tree_that_does_not_load_is_told_without_asking(lint: Run, fake: FakeSidecar, folder: Path) -> None:
    (folder / FLAGS).write_text("beta: 5\n")
    assert (lint().exit_code, fake.asked) == (3, [])


def test_a_sidecar_that_is_not_there_is_told_and_nothing_is_made(folder: Path, tmp_path: Path) -> None:
    nobody = CliRunner().invoke(main, ["policy", "lint", str(folder), "--live", "--url", "http://127.0.0.1:9"])
    assert (nobody.exit_code, "--url" in nobody.stderr) == (5, True)
    nowhere = CliRunner().invoke(main, ["policy", "lint", str(folder), "--live"])
    assert (nowhere.exit_code, "nothing is recorded there" in nowhere.stderr, "--url" in nowhere.stderr) == (
        5,
        True,
        True,
    )
    assert not (tmp_path / "state").exists()


def test_without_live_nobody_is_asked(folder: Path, fake: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORWARD_URL", fake.url)
    assert CliRunner().invoke(main, ["policy", "lint", str(folder)]).exit_code == 0
    named = CliRunner().invoke(main, ["policy", "lint", str(folder), "--url", fake.url])
    assert (named.exit_code, "--live" in named.stderr, fake.asked) == (2, True, [])


def test_where_nothing_that_loads_is_served_nobody_can_be_asked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/doorward.db").touch()
    served = write_tree(tmp_path / "served", tree() | {FLAGS: b"beta: 5\n"})
    monkeypatch.setenv("DOORWARD_POLICY", str(served))
    said = CliRunner().invoke(main, ["policy", "lint", str(folder), "--live"])
    assert (said.exit_code, said.stdout) == (5, "")
    assert "the policy that is served does not load: policies/flags.yaml:1: " in said.stderr
