"""The served policy over HTTP: its state, and the order to read it again."""

import contextlib

from doorward.domain.callers import Caller
from doorward.domain.errors import NotPermitted, PolicyInvalid, SourceUnreadable, Unauthenticated
from doorward.services.policy import PolicyService, Served
from doorward.web.http import Request, Response, iso_time, json_response
from doorward.web.policy.status_wire import PolicyOutage, PolicyRefusal, PolicyStatus, WebhookAnswer
from doorward.web.policy.webhook import Webhook
from doorward.web.wire import PolicyProblem


class PolicyEndpoints:
    """GET /v1/policy, POST /v1/policy/reload and POST /v1/policy/webhook."""

    def __init__(self, policy: PolicyService, webhook: Webhook | None) -> None:
        self._policy = policy
        self._webhook = webhook

    def show(self, _request: Request, _caller: Caller | None) -> Response:
        """The served revision and what is wrong with a newer one."""
        return self._status(self._policy.served)

    def reload(self, _request: Request, _caller: Caller | None) -> Response:
        """Read the source now. What does not load is told in the answer; what was served goes on."""
        with contextlib.suppress(PolicyInvalid, SourceUnreadable):  # it is in the status
            self._policy.reload()
        return self._status(self._policy.served)

    def webhook(self, request: Request, _caller: Caller | None) -> Response:
        """A git host says that something was pushed: look now, and answer before that is done.

        What was pushed is not read from the request. Its signature proves that the host knows the secret.
        """
        if self._webhook is None:
            raise NotPermitted("no webhook is set up; start with --webhook-secret-file, and with --policy GIT_URL")
        if not self._webhook.is_signed(request):
            raise Unauthenticated(
                "the request is not signed with the webhook's secret; set the same secret at the git host"
                " (X-Hub-Signature-256 or X-Gitlab-Token)"
            )
        self._webhook.wake()
        return json_response(202, WebhookAnswer(status="accepted"))

    def _status(self, served: Served) -> Response:
        policy = self._policy
        refused = unreadable = None
        if served.refusal is not None:
            problems = [PolicyProblem(one.path, one.line, one.message) for one in served.refusal.problems]
            seen_at = iso_time(served.refusal.seen_at)
            refused = PolicyRefusal(seen_at=seen_at, revision=served.refusal.revision, problems=problems)
        if served.outage is not None:
            unreadable = PolicyOutage(since=iso_time(served.outage.since), reason=served.outage.reason)
        status = PolicyStatus(
            revision=served.snapshot.revision,
            since=iso_time(served.since),
            source=policy.source_name,
            state="stale" if served.is_stale else "current",
            from_last_good=served.from_last_good,
            rules=served.snapshot.rule_count,
            newest=policy.newest,
            answered_at=None if policy.answered_at is None else iso_time(policy.answered_at),
            refused=refused,
            unreadable=unreadable,
        )
        return json_response(200, status, [("doorward-revision", served.snapshot.revision)])
