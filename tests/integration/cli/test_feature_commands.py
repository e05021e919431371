"""`doorward features`: what the commands ask and what they show."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doorward.cli import main
from support.fake_sidecar import FakeSidecar, fake_sidecar
from unit.sdk.sdk_flags import EXPLANATION, FLAG, OVERRIDE
from unit.sdk.sdk_records import AT

Run = Callable[..., Result]
EXPLAIN = "POST /v1/flags/beta_features/explain"
OF_ACME = "/v1/flags/beta_features/overrides/acme"


@pytest.fixture
def sidecar() -> Iterator[FakeSidecar]:
    with fake_sidecar() as fake:
        fake.answers("GET /v1/flags/beta_features", 200, FLAG)
        yield fake


@pytest.fixture
def run(sidecar: FakeSidecar, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOORWARD_URL", sidecar.url)
    monkeypatch.setenv("DOORWARD_KEY", "k")
    return lambda *arguments: CliRunner().invoke(main, ["features", *arguments])


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", "false", False),
        ("boolean", "True", True),
        ("string", "true", "true"),
        ("string", "", ""),
        ("integer", "-20", -20),
        ("float", "1", 1.0),
        ("float", "1e-3", 0.001),
        ("object", '{"colours": ["#fff"]}', {"colours": ["#fff"]}),
    ],
)
def test_a_flag_is_declared_with_a_default_of_its_type(
    kind: str, text: str, value: Any, sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.answers("POST /v1/flags", 201, FLAG)
    ended = run(
        *("create", "--name", "beta_features", "--description", "Beta features"),
        *("--type", kind, "--default-value", text, "--json"),
    )
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == FLAG
    assert sidecar.last.body == {
        "name": "beta_features",
        "description": "Beta features",
        "type": kind,
        "default_value": value,
        "reason": "",
    }
    assert type(sidecar.last.body["default_value"]) is type(value)


def test_a_declared_flag_is_shown_to_people(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/flags", 201, FLAG)
    ended = run("create", "--name", "x", "--type", "boolean", "--default-value", "false", "--owner", "platform")
    assert "default      false\n" in ended.stdout
    assert sidecar.last.body["owner"] == "platform"


def test_a_flag_that_waits_for_review_says_so(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers("POST /v1/flags", 202, {"commit": "c0ffee", "branch": "doorward/x"})
    ended = run("create", "--name", "x", "--type", "boolean", "--default-value", "false")
    assert ended.exit_code == 0
    assert "waits for review on the branch doorward/x" in ended.stdout


def test_the_value_of_a_flag_is_printed_alone(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(EXPLAIN, 200, EXPLANATION)
    ended = run("get", "beta_features", "--tenant-id", "acme")
    assert (ended.exit_code, ended.stdout) == (0, "true\n")
    assert sidecar.last.body == {"context": {"tenant": "acme"}}
    ended = run("get", "beta_features", "--json")
    assert json.loads(ended.stdout) == {"key": "beta_features", "value": True, "variant": "on", "reason": "SPLIT"}


@pytest.mark.parametrize(
    ("value", "printed"), [(False, "false"), ("v 1", "v 1"), (20, "20"), (1.0, "1.0"), ({"a": "ö"}, '{"a": "ö"}')]
)
def test_a_value_of_every_type_is_printed_and_exits_with_0(
    value: Any, printed: str, sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.answers(EXPLAIN, 200, {**EXPLANATION, "value": value})
    ended = run("get", "beta_features")
    assert (ended.exit_code, ended.stdout) == (0, f"{printed}\n")


@pytest.mark.parametrize("command", ["get", "explain"])
def test_user_context_and_time_are_sent_along(command: str, sidecar: FakeSidecar, run: Run, tmp_path: Path) -> None:
    sidecar.answers(EXPLAIN, 200, EXPLANATION)
    evaluation = ("--tenant-id", "acme", "--user-id", "a:b", "--context", '{"country": "DE"}')
    ended = run(command, "beta_features", *evaluation, "--at", "2026-11-28T04:46:10.123+01:00")
    assert ended.exit_code == 0, ended.output
    asked = {"context": {"country": "DE", "tenant": "acme", "targetingKey": "a:b"}, "at": AT}
    assert sidecar.last.body == asked
    file = tmp_path / "context.json"
    file.write_text('{"country": "DE"}')
    run(command, "beta_features", "--context", str(file), "--at", "2026-11-28")
    assert sidecar.last.body == {"context": {"country": "DE"}, "at": "2026-11-28T00:00:00.000Z"}


@pytest.mark.parametrize("name", ["web/search engine", "größe"])
def test_a_key_may_hold_anything(name: str, sidecar: FakeSidecar, run: Run) -> None:
    assert run("get", name).exit_code == 1
    assert "%2F" in sidecar.last.target or "%C3%B6" in sidecar.last.target


def test_an_explanation_says_what_decided(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(EXPLAIN, 200, EXPLANATION)
    assert run("explain", "beta_features").stdout.splitlines() == [
        "value        true",
        "variant      on",
        "reason       SPLIT",
        "decided by   rule 2",
        "bucket       12345 of 100000",
        "missing      r.ctx.context.country was not given",
        "ignored      the override on: it does not fit",
        "tenant       acme",
        "at           2026-11-28 03:46:10Z",
    ]
    assert json.loads(run("explain", "beta_features", "--json").stdout) == EXPLANATION


@pytest.mark.parametrize(("command", "says"), [("get", "output"), ("explain", "stdout")])
def test_a_flag_without_a_value_is_exit_code_1(command: str, says: str, sidecar: FakeSidecar, run: Run) -> None:
    nothing = dict.fromkeys(("value", "variant", "decided_by", "rule", "bucket", "override"))
    error = {"error_code": "TARGETING_KEY_MISSING", "detail": "send a targetingKey", "reason": "ERROR"}
    sidecar.answers(EXPLAIN, 200, {**EXPLANATION, **nothing, **error})
    ended = run(command, "beta_features")
    assert ended.exit_code == 1
    assert "TARGETING_KEY_MISSING" in getattr(ended, says)
    assert "send a targetingKey" in getattr(ended, says)


def test_flags_are_listed(sidecar: FakeSidecar, run: Run) -> None:
    page = {"items": [FLAG, {**FLAG, "key": "b", "enabled": False}], "next": None}
    sidecar.answers("GET /v1/flags", 200, page)
    ended = run("list")
    assert [line.split("  ")[0] for line in ended.stdout.splitlines()] == ["flag", "beta_features", "b"]
    assert "2 rules, requires new_pages, until 2027-06-30" in ended.stdout
    assert "disabled" in ended.stdout
    assert json.loads(run("list", "--json").stdout) == page


def test_an_override_is_of_the_flags_type(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(f"PUT {OF_ACME}", 200, OVERRIDE)
    ended = run("set-override", "beta_features", "--tenant-id", "acme", "--value", "true", "--json")
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == OVERRIDE
    assert sidecar.last.body == {"value": True}
    more = ("--reason", "pilot", "--expires-at", "2026-11-28T03:46:10.123Z", "--if-version", "1")
    ended = run("set-override", "beta_features", "--tenant-id", "acme", "--value", "false", *more)
    assert sidecar.last.body == {"value": False, "reason": "pilot", "expires_at": AT}
    assert sidecar.last.headers["if-match"] == '"1"'
    assert "value        true\n" in ended.stdout
    sidecar.answers("GET /v1/flags/beta_features", 200, {**FLAG, "type": "string"})
    run("set-override", "beta_features", "--tenant-id", "acme", "--value", "true")
    assert sidecar.last.body == {"value": "true"}


def test_an_override_is_removed_and_listed(sidecar: FakeSidecar, run: Run) -> None:
    sidecar.answers(f"DELETE {OF_ACME}", 204)
    ended = run("remove-override", "beta_features", "--tenant-id", "acme")
    assert (ended.exit_code, ended.stdout) == (0, "acme has no value of its own of beta_features any more\n")
    assert run("remove-override", "beta_features", "--tenant-id", "other").exit_code == 1
    page = {"items": [OVERRIDE], "next": None}
    sidecar.answers("GET /v1/flags/beta_features/overrides", 200, page)
    sidecar.answers("GET /v1/flag-overrides", 200, page)
    for names in (("beta_features",), ()):
        assert json.loads(run("overrides", *names, "--json").stdout) == page
        assert "beta_features  acme    true   active" in run("overrides", *names).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "--name", "x", "--type", "boolean", "--default-value", "yes"), "is no value of a boolean flag; give true or false"),
        (("create", "--name", "x", "--type", "integer", "--default-value", "1.5"), "is no value of an integer flag"),
        (("create", "--name", "x", "--type", "float", "--default-value", "nan"), "is no value of a float flag"),
        (("create", "--name", "x", "--type", "object", "--default-value", "[1]"), "is no value of an object flag"),
        (("create", "--name", "x", "--type", "list", "--default-value", "1"), "'list' is not one of"),
        (("create", "--name", "x", "--type", "boolean"), "Missing option '--default-value'"),
        (("get", "x", "--at", "soon"), "is no time"),
        (("get", "x", "--context", "[1]"), "cannot be read"),
        (("get", "x", "--context", "{1}"), "is no JSON object"),
        (("get", "x", "--context", "/nowhere.json"), "cannot be read"),
        (("set-override", "x", "--value", "true"), "Missing option '--tenant-id'"),
        (("get", " "), "the flag's key is blank"),
    ],
)  # fmt: skip
def test_a_wrong_command_asks_nothing(arguments: tuple[str, ...], says: str, sidecar: FakeSidecar, run: Run) -> None:
    ended = run(*arguments)
    assert ended.exit_code == 2, ended.output
    assert says in " ".join(ended.output.split())
    assert sidecar.asked == []


def test_a_value_of_another_type_is_told_before_it_is_sent(sidecar: FakeSidecar, run: Run) -> None:
    ended = run("set-override", "beta_features", "--tenant-id", "acme", "--value", "maybe")
    assert ended.exit_code == 2
    assert "'maybe' is no value of a boolean flag" in " ".join(ended.output.split())
    assert [one.method for one in sidecar.asked] == ["GET"]


@pytest.mark.parametrize(
    ("refusal", "code", "says"),
    [
        ((403, "not-permitted"), 5, "use a key with the scope flags:read"),
        ((404, "not-found"), 1, "the detail"),
        ((400, "bad-request"), 2, "the detail"),
        ((503, "store-unavailable"), 5, "try again in a moment"),
    ],
)
def test_a_refusal_ends_with_a_code_and_says_what_to_do(
    refusal: tuple[int, str], code: int, says: str, sidecar: FakeSidecar, run: Run
) -> None:
    sidecar.refuses(EXPLAIN, *refusal, "the detail")
    ended = run("get", "beta_features")
    assert ended.exit_code == code, ended.output
    assert says in ended.stderr
