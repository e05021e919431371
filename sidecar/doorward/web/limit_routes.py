"""Which endpoints check limits, and count; alone, or with access and flags."""

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint
from doorward.web.guard import GuardEndpoints
from doorward.web.guard_wire import GuardAnswer, GuardBody
from doorward.web.limit_wire import (
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
from doorward.web.limits import LimitEndpoints
from doorward.web.wire import ProblemDetails


def limit_endpoints(limits: LimitEndpoints, guard: GuardEndpoints) -> list[Endpoint]:
    """The endpoints of limits, alone and with access and flags."""
    missing, clashes = {404: ProblemDetails}, {404: ProblemDetails, 409: ProblemDetails}
    one = "/v1/limits/reservations/{reservation}"
    return [
        Endpoint(
            method="POST",
            path="/v1/guard",
            name="guard",
            summary="May it be done, with these features, and is there room for it? One no, and nothing is consumed",
            handler=guard.guard,
            scope=Scope.DECIDE,
            body=GuardBody,
            answers={200: GuardAnswer, **clashes, 501: ProblemDetails},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/limits/check",
            name="limits_check",
            summary="Is there room for this much more?",
            handler=limits.check,
            scope=Scope.DECIDE,
            body=CheckBody,
            answers={200: LimitAnswer, **missing},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/limits/consume",
            name="limits_consume",
            summary="Take this much, all of it or nothing; answered when it is on disk",
            handler=limits.consume,
            scope=Scope.LIMITS_CONSUME,
            body=ConsumeBody,
            answers={200: (LimitAnswer, LimitsAnswer), **clashes},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/limits/return",
            name="limits_return",
            summary="Give back what was consumed of a total, once",
            handler=limits.give_back,
            scope=Scope.LIMITS_CONSUME,
            body=ReturnBody,
            answers={200: GivenBack, **clashes},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/v1/limits/reservations",
            name="limits_reserve",
            summary="Keep room for this much, for some seconds",
            handler=limits.reserve,
            scope=Scope.LIMITS_CONSUME,
            body=ReserveBody,
            answers={200: ReservationAnswer, **clashes},
            hot=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path=one + "/commit",
            name="limits_commit",
            summary="Consume what was reserved, or what was really used",
            handler=limits.commit,
            scope=Scope.LIMITS_CONSUME,
            body=CommitBody,
            answers={200: ReservationAnswer, **clashes},
            patient=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path=one + "/release",
            name="limits_release",
            summary="Give up what was reserved",
            handler=limits.release,
            scope=Scope.LIMITS_CONSUME,
            body=ReleaseBody,
            answers={200: GivenBack, **clashes},
            patient=True,
            from_policy=True,
            from_facts=True,
        ),
    ]
