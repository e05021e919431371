"""Which endpoints answer flags over OFREP, show them and declare them. record_routes/flags.py has overrides."""

from collections.abc import Mapping
from typing import Final

from doorward.domain.callers import Scope
from doorward.web.endpoints import Answers, Endpoint, Handler, Parameter
from doorward.web.flags.declared import FlagEndpoints
from doorward.web.flags.ofrep import OfrepEndpoints
from doorward.web.flags.wire import (
    ExplainedFlag,
    ExplainFlagBody,
    FlagAnswers,
    FlagDeclaration,
    FlagFailure,
    FlagList,
    FlagRequest,
    FlagsFailure,
    FlagSuccess,
    NewFlagBody,
)
from doorward.web.policy.routes import PAGES, writing
from doorward.web.policy.wire import ProposedChange
from doorward.web.record_rows import MISSING

ALL_FLAGS: Final = "/ofrep/v1/evaluate/flags"
ONE_FLAG: Final = ALL_FLAGS + "/{flag}"
SHOWN_FLAG: Final = "/v1/flags/{flag}"
_ONE_REFUSED: Final[Mapping[int, type]] = dict.fromkeys((400, 401, 403, 404, 413, 500, 503), FlagFailure)
_ALL_REFUSED: Final[Mapping[int, type]] = dict.fromkeys((400, 401, 403, 413, 500, 503), FlagsFailure)


def ofrep_endpoints(ofrep: OfrepEndpoints) -> list[Endpoint]:
    """One flag, and all of them."""
    return [
        Endpoint(
            method="POST",
            path=ONE_FLAG,
            name="ofrep_flag",
            summary="The value of one flag, for any OpenFeature client (OFREP)",
            handler=ofrep.one,
            scope=Scope.FLAGS_READ,
            body=FlagRequest,
            answers={200: FlagSuccess, **_ONE_REFUSED},
            hot=True,
            from_policy=True,
            from_facts=True,
            refusal=ofrep.refusal,
        ),
        Endpoint(
            method="POST",
            path=ALL_FLAGS,
            name="ofrep_flags",
            summary="The values of all flags; 304 where If-None-Match has the ETag of the last answer (OFREP)",
            handler=ofrep.all,
            scope=Scope.FLAGS_READ,
            body=FlagRequest,
            answers={200: FlagAnswers, 304: None, **_ALL_REFUSED},
            hot=True,
            from_policy=True,
            from_facts=True,
            refusal=ofrep.refusal,
        ),
    ]


def flag_endpoints(flags: FlagEndpoints) -> list[Endpoint]:
    """What is declared, what it comes to, and one more."""
    return [
        _reading("GET", "/v1/flags", "flags_list", "The flags", flags.list_all, {200: FlagList}, parameters=PAGES),
        _reading("GET", SHOWN_FLAG, "flags_show", "One flag", flags.show, {200: FlagDeclaration, **MISSING}),
        _reading(
            "POST",
            SHOWN_FLAG + "/explain",
            "flags_explain",
            "What a flag is for a context, and how that came; now or at another time",
            flags.explain,
            {200: ExplainedFlag, **MISSING},
            body=ExplainFlagBody,
        ),
        writing(
            ("POST", "/v1/flags"),
            "flags_create",
            "Declare a flag, in a commit",
            flags.create,
            {201: FlagDeclaration, 202: ProposedChange},
            body=NewFlagBody,
        ),
    ]


def _reading(  # noqa: PLR0913, PLR0917 - the columns of the table
    method: str,
    path: str,
    name: str,
    summary: str,
    handler: Handler,
    answers: Answers,
    *,
    body: type | None = None,
    parameters: Mapping[str, Parameter] | None = None,
) -> Endpoint:
    return Endpoint(
        method=method,
        path=path,
        name=name,
        summary=summary,
        handler=handler,
        scope=Scope.FLAGS_READ,
        answers=answers,
        body=body,
        parameters=parameters or {},
        from_policy=True,
        from_facts=body is not None,
    )


def preflight_endpoints(ofrep: OfrepEndpoints) -> list[Endpoint]:
    """What browsers ask before: answered to anybody, since they send no key."""
    return [
        Endpoint(
            method="OPTIONS",
            path=path,
            name=f"ofrep_preflight_{name}",
            summary="May a page of this origin ask?",
            handler=ofrep.preflight,
            scope=None,
            answers={204: None},
            signed=True,
        )
        for name, path in (("flag", ONE_FLAG), ("flags", ALL_FLAGS))
    ]
