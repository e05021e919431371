"""`python -m doorward_sdk.enterprise`, against a sidecar that answers, and against none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import Doorward, NotPermitted, Unreachable
from doorward_sdk.enterprise import __main__ as enterprise
from unit.sdk.sdk_fakes import json_response
from unit.sdk.sdk_records import TENANT
from unit.sdk.test_sdk_declared import ROLE

if TYPE_CHECKING:
    from pathlib import Path


class Answering:
    """Answers GET by path."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    def send(self, _method: str, target: str, *_: object) -> Any:
        answer = self._answers.get(target, json_response({"items": [], "next": None}))
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> int:
    monkeypatch.setattr(enterprise, "Doorward", lambda timeout: Doorward(transport=Answering(answers), timeout=timeout))
    return enterprise.main()


def test_a_sidecar_that_answers_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {"items": [ROLE], "next": None}
    assert run(monkeypatch, {"/v1/roles": json_response(listed)}) == 0
    out = capsys.readouterr().out
    assert f"roles: {ROLE['name']}" in out
    assert "next: doorward tenants create" in out
    tenants = json_response({"items": [TENANT], "next": None})
    assert run(monkeypatch, {"/v1/tenants": tenants}) == 0
    assert capsys.readouterr().out.endswith("ready\n")


def test_a_key_that_does_not_permit_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, {"/v1/plans": NotPermitted(403, "no")}) == 5
    assert "set DOORWARD_KEY" in capsys.readouterr().err


def test_a_sidecar_that_is_named_and_does_not_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DOORWARD_URL", "127.0.0.1:9")
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    assert run(monkeypatch, {"/v1/plans": Unreachable("nobody listens")}) == 5
    assert "unset DOORWARD_URL" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_made_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("DOORWARD_URL", raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(monkeypatch, {"/v1/plans": Unreachable("none runs")}) == 5
    assert "pip install doorward" in capsys.readouterr().err
