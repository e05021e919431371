"""The fixture of the AuthZEN certification scenario as plain policy files, and a runner for its cases."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.sidecars import Sidecar
from support.trees import ACCESS_MODEL, ACCESS_RULES, DIRECTORY, MODEL

RULES = """\
p, anyone-known-reads,     *,          *, record:*, read,   r.ctx.subject.type == 'user', allow
p, alice-writes,           user:alice, *, record:*, write,  r.ctx.resource.status != 'archived', allow
p, admins-write-archived,  *,          *, record:*, write,  r.ctx.subject.role == 'admin' and r.ctx.resource.status == 'archived', allow
p, alice-soft-deletes,     user:alice, *, record:*, delete, r.ctx.action.soft == True, allow
"""
DIRECTORY_TEXT = """\
subjects:
  user:
    alice: {}
    bob: {role: admin}
resources:
  record:
    record-1: {status: active}
    record-2: {status: archived}
actions:
  record: [read, write, delete]
"""
TREE = {ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode(), DIRECTORY: DIRECTORY_TEXT.encode()}
Case = Mapping[str, Any]


def load_cases(path: Path) -> list[dict[str, Any]]:
    """Cases of a file, in the certification's form."""
    cases: list[dict[str, Any]] = json.loads(path.read_text())
    return cases


def run_case(case: Case, sidecar: Sidecar) -> None:
    """Send a case's request as often as it says and compare what comes back."""
    headers = {"Content-Type": case["content_type"]}
    if case["authentication"] == "valid":
        headers["Authorization"] = f"Bearer {sidecar.key}"
    elif case["authentication"] == "wrong":
        headers["Authorization"] = "Bearer wrong"
    if case["send_request_id"]:
        headers["X-Request-ID"] = "request-42"
    bodies = set()
    for _ in range(case["repeat"]):
        status, answered, body = sidecar.request(case["method"], case["endpoint"], case["body"].encode(), headers)
        assert status in case["status"], body
        if case["send_request_id"]:
            assert answered["x-request-id"] == "request-42"
        if status == 401:
            assert "www-authenticate" in answered
        bodies.add(body)
    assert len(bodies) == 1, "the answers to the same request differ"
    if case["expect"] is not None:
        expect(json.loads(bodies.pop()), case["expect"])


def expect(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """The decisions of an answer, in order and number."""
    if "evaluations" in expected:
        assert [one["decision"] for one in answer["evaluations"]] == [
            one["decision"] for one in expected["evaluations"]
        ]
        assert "decision" not in answer
    else:
        assert answer["decision"] is expected["decision"]
