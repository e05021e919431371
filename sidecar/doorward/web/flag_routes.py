"""Which endpoints answer flags over OFREP."""

from collections.abc import Mapping
from typing import Final

from doorward.domain.callers import Scope
from doorward.web.endpoints import Endpoint
from doorward.web.flag_wire import FlagAnswers, FlagFailure, FlagRequest, FlagsFailure, FlagSuccess
from doorward.web.ofrep import OfrepEndpoints

ALL_FLAGS: Final = "/ofrep/v1/evaluate/flags"
ONE_FLAG: Final = ALL_FLAGS + "/{flag}"
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
