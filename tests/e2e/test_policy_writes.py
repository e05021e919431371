"""Policy changed through the API of real sidecars: many at once, in two processes, and with one that is killed."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conftest import SCALE
from doorward.policy import Tree, load_snapshot
from doorward.sources import read_tree
from doorward.sources.git.command import Git
from doorward.sources.git.tree import MAX_BYTES
from doorward.sources.git.tree import read_tree as read_commit
from support.policy_repositories import commit, git, head, remote, work_tree
from support.sidecars import Sidecar, Start, start_sidecar
from support.trees import ACCESS_RULES, CATALOG, RULES, tree

WRITES = 20 if SCALE >= 1 else 12
COMMENTED = RULES.replace("g, role:user", "# who holds what\ng, role:user", 1)
DESCRIBED = """\
# What it is for.
rules:
  viewers-view-agents: {description: Viewers view agents}  # always

roles:
  viewer: {description: Read-only access}
"""
FILES = tree(COMMENTED) | {CATALOG: DESCRIBED.encode()}
ROW = "p, {:<24} role:user,   *, agents:*,    {:<8} True, allow"
Answer = tuple[int, dict[str, str], dict[str, Any]]


def ask(server: Sidecar, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
    sent = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json", **(headers or {})}
    with_body = None if body is None else json.dumps(body).encode()
    connection = server.connection()
    connection.timeout = 60
    connection.request(method, path, with_body, sent)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def rule(name: str, **more: object) -> dict[str, object]:
    conditions = {"min_role": "user"}
    return {
        "name": name,
        "description": f"About {name}",
        "resource": "agents",
        "action": "run",
        "conditions": conditions,
    } | more


def create(server: Sidecar, name: str) -> Answer:
    """Make a rule; again where others were at it for too long, which a busy machine makes likely."""
    ends = time.monotonic() + 120
    while True:
        answer = ask(server, "POST", "/v1/rules", rule(name))
        if not str(answer[2].get("type")).endswith("/busy") or time.monotonic() > ends:
            return answer


class Shared:
    """One work tree, or one remote, that two sidecars write to."""

    def __init__(self, folder: Path, start: Start, kind: str) -> None:
        self.folder = work_tree(folder / "policy", FILES)
        self.repository = self.folder if kind == "a folder" else remote(folder / "remote.git", self.folder)
        self.address = str(self.folder) if kind == "a folder" else f"{self.repository.as_uri()}#main"
        self.start = start

    def serve(self, name: str, *more: str) -> Sidecar:
        return self.start("--policy", self.address, *more, name=name)

    def commits(self) -> list[str]:
        return git(self.repository, "rev-list", "--first-parent", "main").split()

    def files(self, commit: str = "main") -> dict[str, bytes]:
        return read_commit(Git(self.repository), commit, "", lambda _path: MAX_BYTES)


@pytest.fixture(params=["a folder", "a remote"])
def shared(tmp_path: Path, sidecar: Start, request: pytest.FixtureRequest) -> Shared:
    return Shared(tmp_path, sidecar, request.param)


def test_writes_of_two_processes_at_once_are_all_applied_in_some_order(shared: Shared) -> None:
    servers = [shared.serve("one"), shared.serve("two")]
    names = [f"rule-{number}" for number in range(WRITES)]

    with ThreadPoolExecutor(WRITES) as pool:
        answers = list(pool.map(create, servers * (WRITES // 2), names))

    assert [status for status, _, _ in answers] == [201] * WRITES, answers
    assert [body["name"] for _, _, body in answers] == names
    commits = shared.commits()
    assert len(commits) == WRITES + 1
    assert git(shared.repository, "rev-list", "--merges", "main") == ""
    for one in commits:
        load_snapshot(Tree(shared.files(one)))
    files = shared.files()
    order = [subject.split()[-1] for subject in git(shared.repository, "log", "--format=%s", "main").splitlines()][
        -2::-1
    ]
    assert sorted(order) == sorted(names)
    assert files[ACCESS_RULES].decode() == COMMENTED.replace(
        "# who", "".join(ROW.format(f"{name},", "run,") + "\n" for name in order) + "# who"
    )
    described = "".join(f"  {name}: {{description: About {name}}}\n" for name in order)
    assert files[CATALOG].decode() == DESCRIBED.replace("# always\n", "# always\n" + described)
    last = next(headers["doorward-revision"] for _, headers, body in answers if body["name"] == order[-1])
    for server in servers:
        status, _, listed = ask(server, "GET", "/v1/rules?limit=1000", headers={"Doorward-Min-Revision": last})
        assert status == 200
        assert {one["name"] for one in listed["items"]} >= set(names)
    if shared.repository == shared.folder:
        assert git(shared.folder, "status", "--porcelain") == ""


def test_what_a_killed_process_acknowledged_is_kept_and_what_it_left_is_usable(shared: Shared, scale: float) -> None:
    acknowledged: list[str] = []
    for number in range(max(3, int(40 * scale))):
        server = shared.serve("one")
        stop = threading.Event()

        def write(worker: int, server: Sidecar = server, number: int = number, stop: threading.Event = stop) -> None:
            for count in range(100):
                name = f"rule-{number}-{worker}-{count}"
                try:
                    status, _, _ = create(server, name)
                except (OSError, ValueError):  # it was killed
                    return
                if status == 201:
                    acknowledged.append(name)
                if stop.is_set():
                    return

        writers = [threading.Thread(target=write, args=(worker,)) for worker in range(2)]
        for one in writers:
            one.start()
        before = len(acknowledged)
        deadline = time.monotonic() + 60
        while len(acknowledged) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.13 * number)  # some way into one of the next writes
        server.stop(signal.SIGKILL)
        stop.set()
        for one in writers:
            one.join()
    server = shared.serve("one")
    assert acknowledged
    status, headers, _ = create(server, "the-last")
    assert status == 201
    subjects = git(shared.repository, "log", "--format=%s", "main").splitlines()
    assert {f"Create rule {name}" for name in acknowledged} <= set(subjects)
    _, _, listed = ask(
        server, "GET", "/v1/rules?limit=1000", headers={"Doorward-Min-Revision": headers["doorward-revision"]}
    )
    assert {*acknowledged, "the-last"} <= {one["name"] for one in listed["items"]}
    for one in shared.commits():
        load_snapshot(Tree(shared.files(one)))
    if shared.repository == shared.folder:
        assert git(shared.folder, "status", "--porcelain") == ""
        assert shared.files() == read_tree(shared.folder)


def test_another_process_answers_from_what_was_written_here(shared: Shared) -> None:
    one, two = shared.serve("one"), shared.serve("two")
    for number in range(5):
        status, headers, _ = create(one, f"rule-{number}")
        assert status == 201
        wanted = {"Doorward-Min-Revision": headers["doorward-revision"]}
        assert ask(two, "GET", f"/v1/rules/rule-{number}", headers=wanted)[0] == 200
        question = {
            "subject": {"type": "user", "id": "a", "properties": {"roles": ["user"]}},
            "action": {"name": "run"},
            "resource": {"type": "agents", "id": "1"},
        }
        _, answered, decision = ask(two, "POST", "/access/v1/evaluation", question, wanted)
        assert decision == {"decision": True}
        assert answered["doorward-revision"] == headers["doorward-revision"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "policy", FILES)


@pytest.fixture
def server(folder: Path, sidecar: Start) -> Iterator[Sidecar]:
    running = sidecar("--policy", str(folder), "--insecure-no-auth")
    yield running
    assert "Traceback" not in running.log.read_text()


@pytest.fixture(scope="module")
def unchanged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return work_tree(tmp_path_factory.mktemp("unchanged") / "policy", FILES)


@pytest.fixture(scope="module")
def unchanged(unchanged_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """A sidecar for tests that change no policy."""
    state = tmp_path_factory.mktemp("unchanged-state") / "state"
    running = start_sidecar(state, "--policy", str(unchanged_folder), "--insecure-no-auth")
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log.read_text()
    assert git(unchanged_folder, "rev-list", "--count", "HEAD").strip() == "1"


def test_a_revision_that_nobody_has_is_waited_for_and_then_503(unchanged: Sidecar) -> None:
    started = time.monotonic()
    status, headers, body = ask(
        unchanged, "GET", "/v1/rules", headers={"Doorward-Min-Revision": "dir:0123456789abcdef"}
    )
    assert (status, body["type"], headers["retry-after"]) == (
        503,
        "https://doorward.dev/problems/revision-not-served",
        "1",
    )
    assert 1.5 < time.monotonic() - started < 20


def test_those_who_wait_for_a_revision_hold_up_nobody(unchanged: Sidecar) -> None:
    with ThreadPoolExecutor(20) as pool:
        waiting = [
            pool.submit(ask, unchanged, "GET", "/v1/rules", None, {"Doorward-Min-Revision": "dir:0123456789abcdef"})
            for _ in range(20)
        ]
        time.sleep(0.3)
        assert ask(unchanged, "GET", "/v1/policy")[0] == 200
        assert not any(one.done() for one in waiting)


def test_a_dirty_work_tree_is_refused_and_stays(server: Sidecar, folder: Path) -> None:
    (folder / "README.md").write_text("changed\n")
    before = head(folder), read_tree(folder)
    status, _, body = create(server, "x")
    assert (status, body["type"]) == (409, "https://doorward.dev/problems/conflict")
    assert "README.md differs from the last commit" in body["detail"]
    assert (head(folder), read_tree(folder)) == before


def test_a_caller_without_the_scope_is_refused(unchanged: Sidecar, unchanged_folder: Path) -> None:
    status, _, body = unchanged.request(
        "POST", "/v1/rules", json.dumps(rule("x")).encode(), {"Content-Type": "application/json"}
    )
    assert status == 403
    assert b"policy:write" in body
    assert git(unchanged_folder, "rev-list", "--count", "HEAD").strip() == "1"


def test_a_policy_that_does_not_load_is_told_with_its_faults(server: Sidecar, folder: Path) -> None:
    commit(folder, {ACCESS_RULES: RULES + "p, short\n"})
    status, _, body = create(server, "x")
    assert (status, body["type"]) == (422, "https://doorward.dev/problems/policy-invalid")
    assert body["faults"][0]["path"] == ACCESS_RULES
    assert body["faults"][0]["line"] == 8


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (rule("a, b\np, everyone, *, *, *, *, True, allow"), "name must be"),
        (rule("x", conditions={}), "min_role"),
        (rule("x", conditions={"min_role": "user", "ip": "10.0.0.0/8"}), "conditions.ip"),
        (rule("x", conditions={"min_role": "nobody"}), "no role nobody"),
        (rule("x", more=1), "more"),
        (rule("x", reason="a\nSigned-off-by: someone"), "reason"),
        ({"name": "x"}, "resource"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(body: object, says: str, unchanged: Sidecar, unchanged_folder: Path) -> None:
    status, _, problem = ask(unchanged, "POST", "/v1/rules", body)
    assert status == 400
    assert says in problem["detail"]
    assert git(unchanged_folder, "rev-list", "--count", "HEAD").strip() == "1"


def test_a_rule_lives_and_is_taken_away_again(server: Sidecar, folder: Path) -> None:
    conditions = {"min_role": "user", "subscription_required": True}
    status, headers, made = ask(server, "POST", "/v1/rules", rule("x", conditions=conditions, reason="asked for"))
    assert status == 201
    assert headers["doorward-revision"] == server.get("/v1/policy")["revision"]
    assert made == ask(server, "GET", "/v1/rules/x")[2]
    assert made["subject"] == "role:user"
    assert ask(server, "GET", "/v1/rules/x.requires-subscription")[2]["effect"] == "deny"
    assert ask(server, "GET", "/v1/rules/x")[2]["gate"] == "x.requires-subscription"
    status, _, problem = ask(server, "DELETE", "/v1/rules/x.requires-subscription")
    assert (status, "keeps tenants without a subscription out of x" in problem["detail"]) == (409, True)
    assert create(server, "x")[0] == 409
    status, headers, gone = ask(server, "DELETE", "/v1/rules/x?reason=no%20more")
    assert (status, gone["revision"]) == (200, headers["doorward-revision"])
    assert read_tree(folder) == FILES
    assert ask(server, "DELETE", "/v1/rules/x")[0] == 404
    assert ask(server, "GET", "/v1/rules/x.requires-subscription")[0] == 404
    _, _, history = ask(server, "GET", "/v1/policy/revisions?limit=2")
    assert [(one["author"], one["subject"], one["reason"]) for one in history["items"]] == [
        ("admin", "Delete rule x", "no more"),
        ("admin", "Create rule x", "asked for"),
    ]
    assert history["next"] == "2"


def test_pages_lead_through_all_rules(unchanged: Sidecar) -> None:
    names, cursor = [], "0"
    while cursor is not None:
        _, _, page = ask(unchanged, "GET", f"/v1/rules?limit=2&cursor={cursor}")
        names += [one["name"] for one in page["items"]]
        cursor = page["next"]
    assert names == [row.split(",")[1].strip() for row in RULES.splitlines() if row.startswith("p,")]


def test_in_review_a_change_waits_on_a_branch(shared: Shared) -> None:
    server = shared.serve("one", "--changes", "review")
    status, headers, body = create(server, "x")
    assert status == 202
    assert "doorward-revision" not in headers
    assert ask(server, "GET", "/v1/rules/x")[0] == 404
    assert len(shared.commits()) == 1
    _, _, proposals = ask(server, "GET", "/v1/policy/proposals")
    assert [one["branch"] for one in proposals["items"]] == [body["branch"]]
