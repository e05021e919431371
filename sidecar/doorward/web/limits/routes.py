"""Which endpoints check limits, and count; alone, or with access and flags."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Answers, Endpoint, Handler
from doorward.web.limits.counting import LimitEndpoints
from doorward.web.limits.guard import GuardEndpoints
from doorward.web.limits.guard_wire import GuardAnswer, GuardBody
from doorward.web.limits.wire import (
    CheckBody,
    CommitBody,
    ConsumeBody,
    GivenBack,
    LimitAnswer,
    LimitsAnswer,
    ReleaseBody,
    ReservationAnswer,
    ReserveBody,
    ReturnBody,
)
from doorward.web.wire import ProblemDetails


def limit_endpoints(limits: LimitEndpoints, guard: GuardEndpoints) -> list[Endpoint]:
    """The endpoints of limits, alone and with access and flags."""
    missing, clashes = {404: ProblemDetails}, {404: ProblemDetails, 409: ProblemDetails}
    one = "/v1/limits/reservations/{reservation}"
    return [
        _asking(
            Scope.DECIDE,
            "/v1/guard",
            "guard",
            "May it be done, with these features, and is there room for it? One no, and nothing is consumed",
            guard.guard,
            GuardBody,
            {200: GuardAnswer, **clashes, 501: ProblemDetails},
        ),
        _asking(
            Scope.DECIDE,
            "/v1/limits/check",
            "limits_check",
            "Is there room for this much more?",
            limits.check,
            CheckBody,
            {200: LimitAnswer, **missing},
        ),
        _asking(
            Scope.LIMITS_CONSUME,
            "/v1/limits/consume",
            "limits_consume",
            "Take this much, all of it or nothing; answered when it is on disk",
            limits.consume,
            ConsumeBody,
            {200: (LimitAnswer, LimitsAnswer), **clashes},
        ),
        _asking(
            Scope.LIMITS_CONSUME,
            "/v1/limits/return",
            "limits_return",
            "Give back what was consumed of a total, once",
            limits.give_back,
            ReturnBody,
            {200: GivenBack, **clashes},
            once=True,
        ),
        _asking(
            Scope.LIMITS_CONSUME,
            "/v1/limits/reservations",
            "limits_reserve",
            "Keep room for this much, for some seconds",
            limits.reserve,
            ReserveBody,
            {200: ReservationAnswer, **clashes},
        ),
        _asking(
            Scope.LIMITS_CONSUME,
            one + "/commit",
            "limits_commit",
            "Consume what was reserved, or what was really used",
            limits.commit,
            CommitBody,
            {200: ReservationAnswer, **clashes},
            hot=False,
            once=True,
        ),
        _asking(
            Scope.LIMITS_CONSUME,
            one + "/release",
            "limits_release",
            "Give up what was reserved",
            limits.release,
            ReleaseBody,
            {200: GivenBack, **clashes},
            hot=False,
            once=True,
        ),
    ]


def _asking(  # noqa: PLR0913, PLR0917 - the columns of the table
    scope: Scope,
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    body: type,
    answers: Answers,
    *,
    hot: bool = True,
    once: bool = False,
) -> Endpoint:
    """What is answered from policy and facts; one that is not hot has its parameter inside the path."""
    return Endpoint(
        method="POST",
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=scope,
        body=body,
        answers=answers,
        hot=hot,
        patient=not hot,
        once=once,
        from_policy=True,
        from_facts=True,
    )
