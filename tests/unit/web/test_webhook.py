"""Who may send a webhook, and that both carriers answer it alike."""

import hashlib
import hmac

import pytest

from doorward.bootstrap import Application, build_application, make_authenticator
from doorward.web.policy.webhook import Webhook
from support.fake_policy import FakePolicy, FakeSource

SECRET = b"a secret that both know"
BODY = b'{"ref": "refs/heads/main"}'


def digest(secret: bytes = SECRET, body: bytes = BODY, algorithm: str = "sha256") -> str:
    return f"{algorithm}={hmac.new(secret, body, getattr(hashlib, algorithm)).hexdigest()}"


def application(wakes: list[int]) -> Application:
    made = build_application(
        FakeSource(FakePolicy({})),
        make_authenticator("key", no_auth=False),
        webhook=Webhook(secret=SECRET, wake=lambda: wakes.append(1)),
    )
    made.start()
    return made


CASES = [
    pytest.param({"X-Hub-Signature-256": digest()}, 202, id="GitHub"),
    pytest.param({"X-Gitlab-Token": SECRET.decode()}, 202, id="GitLab"),
    pytest.param({"X-Hub-Signature-256": digest(), "Content-Type": "application/x-www-form-urlencoded"}, 202, id="a form"),
    pytest.param({"X-Hub-Signature-256": digest(), "Authorization": "Bearer other"}, 202, id="beside a key that does not count"),
    pytest.param({}, 401, id="nothing"),
    pytest.param({"Authorization": "Bearer key"}, 401, id="a key"),
    pytest.param({"X-Hub-Signature-256": digest(secret=b"other")}, 401, id="another secret"),
    pytest.param({"X-Hub-Signature-256": digest(body=b"other")}, 401, id="another body"),
    pytest.param({"X-Hub-Signature-256": digest()[7:]}, 401, id="no algorithm"),
    pytest.param({"X-Hub-Signature-256": digest(algorithm="sha1")}, 401, id="a weaker algorithm"),
    pytest.param({"X-Hub-Signature": digest(algorithm="sha1")}, 401, id="the older header"),
    pytest.param({"X-Hub-Signature-256": digest().upper()}, 401, id="in capitals"),
    pytest.param({"X-Hub-Signature-256": ""}, 401, id="an empty signature"),
    pytest.param({"X-Hub-Signature-256": "sha256=\xe9"}, 401, id="not ASCII"),
    pytest.param({"X-Hub-Signature-256": "", "X-Gitlab-Token": SECRET.decode()}, 401, id="a bad signature and a good token"),
    pytest.param({"X-Gitlab-Token": ""}, 401, id="an empty token"),
    pytest.param({"X-Gitlab-Token": SECRET.decode()[:-1]}, 401, id="part of the secret"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "status"), CASES)
def test_a_webhook_is_taken_if_it_is_signed(headers: dict[str, str], status: int) -> None:
    wakes: list[int] = []
    made = application(wakes)
    by_door = made.door.handle("POST", "/v1/policy/webhook", list(headers.items()), BODY)
    by_flask = made.flask.test_client().post("/v1/policy/webhook", data=BODY, headers=headers)
    assert by_door[0] == by_flask.status_code == status
    assert by_door[2] == by_flask.data
    assert len(wakes) == (2 if status == 202 else 0)


def test_a_body_that_is_too_large_is_refused() -> None:
    wakes: list[int] = []
    body = b"x" * ((1 << 20) + 1)
    headers = {"X-Hub-Signature-256": digest(body=body)}
    assert application(wakes).door.handle("POST", "/v1/policy/webhook", list(headers.items()), body)[0] == 413
    assert wakes == []
