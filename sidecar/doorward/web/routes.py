"""Which endpoints answer from policy, change it, or tell of the process."""

from collections.abc import Callable

from doorward.domain.callers import Scope
from doorward.web.access.enforce import EnforceEndpoints
from doorward.web.access.evaluation import AccessEndpoints
from doorward.web.access.wire import (
    EnforceAnswer,
    EnforceRequest,
    Evaluation,
    EvaluationAnswer,
    Evaluations,
    EvaluationsAnswer,
)
from doorward.web.endpoints import Endpoint
from doorward.web.http import JSON, Response
from doorward.web.metrics import METRICS_TYPE
from doorward.web.operation import OperationEndpoints
from doorward.web.policy.routes import ChangeEndpoints, change_endpoints
from doorward.web.policy.served import PolicyEndpoints
from doorward.web.policy.status_wire import PolicyStatus, WebhookAnswer
from doorward.web.wire import Health, PdpMetadata, ProblemDetails


def policy_endpoints(
    access: AccessEndpoints,
    enforce: EnforceEndpoints,
    policy: PolicyEndpoints,
    changes: ChangeEndpoints,
    operation: OperationEndpoints,
) -> list[Endpoint]:
    """Every endpoint that answers from policy, or tells of the process. record_routes.py has the others."""
    return [
        Endpoint(
            method="POST",
            path="/access/v1/evaluation",
            name="access_evaluation",
            summary="May this subject do this action on this resource?",
            handler=access.evaluation,
            scope=Scope.DECIDE,
            body=Evaluation,
            answers={200: EvaluationAnswer, 501: ProblemDetails},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/access/v1/evaluations",
            name="access_evaluations",
            summary="Many evaluations in one request",
            handler=access.evaluations,
            scope=Scope.DECIDE,
            body=(Evaluations, Evaluation),
            answers={200: (EvaluationsAnswer, EvaluationAnswer), 501: ProblemDetails},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/enforce",
            name="enforce",
            summary="May this be? Values by position, for models of any shape",
            handler=enforce.enforce,
            scope=Scope.ENFORCE,
            body=EnforceRequest,
            answers={200: EnforceAnswer},
            hot=True,
            from_policy=True,
        ),
        Endpoint(
            method="GET",
            path="/.well-known/authzen-configuration",
            name="authzen_metadata",
            summary="AuthZEN metadata",
            handler=operation.metadata,
            scope=None,
            answers={200: PdpMetadata},
        ),
        Endpoint(
            method="GET",
            path="/v1/policy",
            name="policy_show",
            summary="The served policy: revision, since when, from where, what is wrong with a newer one",
            handler=policy.show,
            scope=Scope.POLICY_READ,
            answers={200: PolicyStatus},
            unbound=True,
            from_policy=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/policy/reload",
            name="policy_reload",
            summary="Read the policy source now",
            handler=policy.reload,
            scope=Scope.POLICY_WRITE,
            answers={200: PolicyStatus},
            unbound=True,
            patient=True,
        ),
        *change_endpoints(changes),
        Endpoint(
            method="POST",
            path="/v1/policy/webhook",
            name="policy_webhook",
            summary="A git host says that something was pushed: look at the source now",
            handler=policy.webhook,
            scope=None,
            answers={202: WebhookAnswer},
            signed=True,
        ),
        Endpoint(
            method="GET",
            path="/livez",
            name="livez",
            summary="Is the process alive?",
            handler=operation.livez,
            scope=None,
            answers={200: Health},
            hot=True,
        ),
        Endpoint(
            method="GET",
            path="/readyz",
            name="readyz",
            summary="Can it answer?",
            handler=operation.readyz,
            scope=None,
            answers={200: Health, 503: Health},
            hot=True,
        ),
        Endpoint(
            method="GET",
            path="/metrics",
            name="metrics",
            summary="Prometheus metrics",
            handler=operation.metrics,
            scope=None,
            answers={200: METRICS_TYPE},
        ),
    ]


def openapi_endpoint(document: Callable[[], bytes]) -> Endpoint:
    """GET /openapi.json."""
    return Endpoint(
        method="GET",
        path="/openapi.json",
        name="openapi",
        summary="This description",
        handler=lambda _request, _caller: Response(200, [("content-type", JSON)], document()),
        scope=None,
        answers={200: JSON},
    )
