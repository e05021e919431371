"""Probes, metrics and AuthZEN metadata: what operators and clients ask about the sidecar itself."""

from collections.abc import Callable

from doorward.domain.callers import Caller
from doorward.domain.errors import PolicyUnavailable
from doorward.services.facts import Facts
from doorward.services.plan_use import UndeclaredPlans
from doorward.services.policy import PolicyService
from doorward.web.http import Request, Response, iso_time, json_response
from doorward.web.metrics import METRICS_TYPE, Metrics
from doorward.web.wire import Health, PdpMetadata


class OperationEndpoints:
    """GET /livez, /readyz, /metrics and /.well-known/authzen-configuration."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it tells of
        self,
        policy: PolicyService,
        facts: Facts,
        metrics: Metrics,
        public_base_url: Callable[[], str],
        draining: Callable[[], bool],
        undeclared: UndeclaredPlans,
    ) -> None:
        self._policy = policy
        self._facts = facts
        self._metrics = metrics
        self._public_base_url = public_base_url
        self._draining = draining
        self._undeclared = undeclared

    def livez(self, _request: Request, _caller: Caller | None) -> Response:
        """Alive: depends on nothing."""
        return json_response(200, Health(status="alive"))

    def readyz(self, _request: Request, _caller: Caller | None) -> Response:
        """Ready: a policy is loaded. Stays 200 on a stale but valid policy, or on facts that are old, and says so."""
        if self._draining():
            return json_response(503, Health(status="draining", reason="the process was asked to stop"))
        try:
            served = self._policy.served
        except PolicyUnavailable as error:
            return json_response(503, Health(status="no policy", reason=str(error)))
        facts = self._facts
        health = Health(status="ready", revision=served.snapshot.revision, stale=served.is_stale, facts=facts.version)
        if (since := facts.stale_since) is not None:
            health.facts_stale_since = iso_time(since)
        if served.from_last_good:
            health.from_last_good = True
        if (newest := self._policy.newest) is not None and newest != served.snapshot.revision:
            health.newest = newest
        if self._policy.is_remote and self._policy.answered_at is not None:
            health.answered_at = iso_time(self._policy.answered_at)
        if undeclared := self._undeclared.found:
            health.undeclared_plans = [one.plan for one in undeclared]
        if served.reason is not None:
            health.reason = served.reason
        return json_response(200, health, [("doorward-revision", served.snapshot.revision)])

    def metrics(self, _request: Request, _caller: Caller | None) -> Response:
        """Prometheus text."""
        return Response(200, [("content-type", METRICS_TYPE)], self._metrics.render())

    def metadata(self, _request: Request, _caller: Caller | None) -> Response:
        """Where a client finds the endpoints."""
        base = self._public_base_url()
        metadata = PdpMetadata(
            policy_decision_point=base,
            access_evaluation_endpoint=f"{base}/access/v1/evaluation",
            access_evaluations_endpoint=f"{base}/access/v1/evaluations",
        )
        return json_response(200, metadata)
