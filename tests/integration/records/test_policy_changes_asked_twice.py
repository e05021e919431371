"""Changes of policy that are asked for twice: one commit, one answer."""

from pathlib import Path

import pytest

from doorward.bootstrap import Application, folder_application, make_authenticator, open_recorded
from doorward.domain.database_address import DatabaseAddress
from support.policy_repositories import git, work_tree
from support.recorded_api import ADMIN_KEY, Api
from support.trees import ROOT

FILES = {
    path: (ROOT / path).read_bytes()
    for path in (
        "models/access.conf",
        "policies/access.csv",
        "policies/catalog.yaml",
        "models/plans.conf",
        "policies/plans.csv",
    )
}
ROLE = {"name": "editor", "permissions": ["edit_agents"]}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    folder = work_tree(tmp_path / "policy", FILES)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "admin.key").write_text(ADMIN_KEY + "\n")
    recorded = open_recorded(DatabaseAddress.in_folder(state), state, None)
    application: Application = folder_application(folder, make_authenticator(None, no_auth=False), recorded=recorded)
    return Api(application, folder)


def test_a_change_that_is_repeated_is_one_commit_and_gets_the_answer_it_got(api: Api) -> None:
    before = git(api.state, "rev-list", "--count", "HEAD")

    first = api("POST", "/v1/roles", ROLE, Idempotency_Key="abc")
    again = api("POST", "/v1/roles", ROLE, Idempotency_Key="abc")

    assert first.status == 201, first.content
    assert (again.status, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["doorward-revision"] == first.headers["doorward-revision"]
    assert int(git(api.state, "rev-list", "--count", "HEAD")) == int(before) + 1


def test_a_refused_change_is_not_kept(api: Api) -> None:
    bad = {**ROLE, "permissions": ["flying"]}
    assert api("POST", "/v1/roles", bad, Idempotency_Key="abc").status == 400

    assert api("POST", "/v1/roles", ROLE, Idempotency_Key="abc").status == 201


def test_another_change_under_the_same_key_is_refused(api: Api) -> None:
    api("POST", "/v1/roles", ROLE, Idempotency_Key="abc")

    answer = api("POST", "/v1/roles", {**ROLE, "name": "writer"}, Idempotency_Key="abc")

    assert answer.status == 422
    assert api("GET", "/v1/roles/writer").status == 404
