"""What `doorward init` makes, pushed to a server: a sidecar follows what colleagues push from their clones."""

from pathlib import Path

from e2e.test_policy_repository import append, doorward, must, run
from support.git_servers import HttpServer, wait_until
from support.sidecars import Sidecar, Start
from support.trees import ACCESS_RULES

TOOLS = "p, viewers-view-tools, role:viewer, *, tools:*, view, True, allow\n"
POLLING = {"DOORWARD_POLL_SECONDS": "0.5"}


def may_view_tools(sidecar: Sidecar) -> bool:
    answer = sidecar.post(
        "/access/v1/evaluation",
        {
            "subject": {"type": "user", "id": "some-viewer", "properties": {"roles": ["viewer"]}},
            "action": {"name": "view"},
            "resource": {"type": "tools", "id": "1"},
        },
    )
    return answer["decision"] is True


def test_a_pushed_repository_is_followed_through_clones(tmp_path: Path, git_http: HttpServer, sidecar: Start) -> None:
    git_http.repository()
    must(tmp_path, doorward("init", "policy"))
    must(tmp_path / "policy", f"git remote add origin {git_http.url()} && git push --quiet --set-upstream origin main")
    running = sidecar("--policy", f"{git_http.url()}#main", environment=POLLING)
    assert not may_view_tools(running)

    must(tmp_path, f"git clone --quiet {git_http.url()} clone")
    clone = tmp_path / "clone"
    must(clone, "git config core.hooksPath .githooks")
    append(clone, ACCESS_RULES, TOOLS)
    must(clone, "git commit --quiet --all --message 'Let viewers view tools' && git push --quiet")
    pushed = must(clone, "git rev-parse HEAD").strip()
    wait_until(lambda: running.get("/readyz")["revision"] == f"git:{pushed}", "the push is not followed")
    assert may_view_tools(running)


def test_a_bad_push_past_the_hook_changes_nothing_and_is_told(
    tmp_path: Path, git_http: HttpServer, sidecar: Start
) -> None:
    git_http.repository()
    must(tmp_path, doorward("init", "policy"))
    folder = tmp_path / "policy"
    must(folder, f"git remote add origin {git_http.url()} && git push --quiet --set-upstream origin main")
    running = sidecar("--policy", f"{git_http.url()}#main", environment=POLLING)
    append(folder, ACCESS_RULES, TOOLS.replace("allow", "Allow"))
    assert run(folder, "git commit --quiet --all --message bad").returncode != 0
    must(folder, "git commit --no-verify --quiet --all --message bad && git push --quiet")
    wait_until(lambda: bool(running.get("/readyz")["stale"]), "the bad push is not seen")
    assert "effect must be allow or deny, not 'Allow'" in str(running.get("/readyz")["reason"])
    assert not may_view_tools(running)
