"""Rows of the table of endpoints for what is recorded, and what they share."""

from collections.abc import Mapping
from typing import Final

from doorward.domain.callers import Scope
from doorward.domain.record_names import ID_PATTERN
from doorward.web.endpoints import Answers, Endpoint, Handler, Parameter
from doorward.web.wire import ProblemDetails

STATUS: Final = {"enum": ["active", "suspended"]}
PAGES: Final = {
    "cursor": Parameter("`next` of the page before; left out for the first", {"pattern": ID_PATTERN}),
    "limit": Parameter("How many items at most; 100 where it is left out"),
}
PURGE: Final = {
    "purge": Parameter(
        "`true`: take away all but the id, of what was deleted too, and free its names", {"enum": ["true", "false"]}
    )
}
TENANT: Final = {"tenant": Parameter("The tenant; the user's own where it is left out")}
MISSING: Final[Answers] = {404: ProblemDetails}
_CLASHES: Final[Answers] = {409: ProblemDetails, 422: ProblemDetails}


def reading(  # noqa: PLR0913, PLR0917 - the columns of the table
    scope: Scope,
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    answer: type,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    versioned: bool = False,
    patient: bool = False,
    from_policy: bool = False,
    from_facts: bool = False,
) -> Endpoint:
    """What is read; `from_policy` where the policy says something of it."""
    answers: Answers = {200: answer, **(MISSING if "{" in path else {})}
    return Endpoint(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=scope,
        answers=answers,
        parameters=parameters or {},
        versioned=versioned,
        patient=patient,
        from_policy=from_policy,
        from_facts=from_facts,
        recorded=True,
    )


def changing(  # noqa: PLR0913, PLR0917 - the columns of the table
    scope: Scope,
    route: tuple[str, str],
    name: str,
    summary: str,
    handler: Handler,
    answers: Answers,
    *,
    body: type | None = None,
    parameters: Mapping[str, Parameter] | None = None,
    versioned: bool = False,
    patient: bool = False,
    once: bool = True,
    from_policy: bool = False,
) -> Endpoint:
    """What is changed; `once` keeps its answer under the Idempotency-Key, `from_policy` has the policy permit it."""
    method, path = route
    stale: Answers = {412: ProblemDetails} if versioned else {}
    return Endpoint(
        method=method,
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=scope,
        answers={**answers, **_CLASHES, **stale},
        body=body,
        parameters=parameters or {},
        versioned=versioned,
        patient=patient,
        once=once,
        from_policy=from_policy,
        recorded=True,
    )
