"""The served policy over HTTP: its state, and the order to read it again."""

import contextlib
from datetime import UTC, datetime

from doorward.domain.callers import Caller
from doorward.domain.errors import PolicyInvalid
from doorward.services.policy import PolicyService, Served
from doorward.web.http import Request, Response, json_response
from doorward.web.wire import PolicyProblem, PolicyRefusal, PolicyStatus


class PolicyEndpoints:
    """GET /v1/policy and POST /v1/policy/reload."""

    def __init__(self, policy: PolicyService) -> None:
        self._policy = policy

    def show(self, _request: Request, _caller: Caller | None) -> Response:
        """The served revision and what is wrong with a newer one."""
        return self._status(self._policy.served)

    def reload(self, _request: Request, _caller: Caller | None) -> Response:
        """Read the source now. What does not load is told in the answer; what was served goes on."""
        with contextlib.suppress(PolicyInvalid):  # it is in the status
            self._policy.reload()
        return self._status(self._policy.served)

    def _status(self, served: Served) -> Response:
        refused = None
        if served.refusal is not None:
            problems = [PolicyProblem(one.path, one.line, one.message) for one in served.refusal.problems]
            refused = PolicyRefusal(seen_at=_time(served.refusal.seen_at), problems=problems)
        status = PolicyStatus(
            revision=served.snapshot.revision,
            since=_time(served.since),
            source=self._policy.source_name,
            state="stale" if served.is_stale else "current",
            from_last_good=served.from_last_good,
            rules=served.snapshot.rule_count,
            refused=refused,
        )
        return json_response(200, status, [("doorward-revision", served.snapshot.revision)])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
