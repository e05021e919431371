"""What may stand behind the question mark of a path, and what is said of the rest."""

import json
from pathlib import Path

import pytest

from doorward.bootstrap import in_process
from support.trees import tree, write_tree

NEW = {
    "rules": {"name": "x", "resource": "agents", "action": "run", "conditions": {"min_role": "user"}},
    "roles": {"name": "x", "permissions": []},
}
NOTHING = "the parameter 'reason' is not known; nothing may stand behind the question mark here"


@pytest.mark.parametrize(
    ("method", "target", "says"),
    [
        ("GET", "/v1/rules?reason=x", "the parameter 'reason' is not known; there are cursor, limit"),
        ("GET", "/v1/roles/viewer?reason=x", NOTHING),
        ("POST", "/v1/rules?reason=x", NOTHING),
        ("POST", "/v1/roles?reason=x", NOTHING),
        ("POST", "/v1/roles?", None),
    ],
)
def test_a_parameter_that_is_not_known_is_refused(method: str, target: str, says: str | None, tmp_path: Path) -> None:
    handle = in_process(write_tree(tmp_path, tree()))
    body = json.dumps(NEW[target[4:9]]).encode() if method == "POST" else b""
    status, _, answer = handle(method, target, [("Content-Type", "application/json")], body)
    if says is None:
        assert status != 400
    else:
        assert (status, json.loads(answer)["detail"]) == (400, says)
