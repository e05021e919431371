"""Guard: may this be done, with these features, by the same tenant and user; asked in that order up to the first no."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from doorward.domain.access import NO_TENANT, AccessRequest, Decision, Explanation, Question
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import InvalidContext
from doorward.domain.flags import FlagAnswer, FlagError, FlagType, unanswered
from doorward.services.access import AccessService
from doorward.services.facts import FactsView
from doorward.services.flag_questions import TARGETING_KEY
from doorward.services.flags import FlagService
from doorward.services.ports import PolicySnapshot

_USER: Final = "user"
_NAMING: Final = frozenset({TARGETING_KEY, "tenant", "domain"})


class Guarded:
    """What access and flags say. `tenant` is whose they are, None where there is none or access is denied."""

    __slots__ = ("decision", "explanation", "flags", "tenant")

    def __init__(
        self, decision: Decision, explanation: Explanation | None, tenant: str | None, flags: Sequence[FlagAnswer]
    ) -> None:
        self.decision = decision
        self.explanation = explanation
        self.tenant = tenant
        self.flags = flags

    @property
    def allowed(self) -> bool:
        """Whether access is allowed and every flag is true."""
        return self.decision.allowed and all(one.value is True for one in self.flags)


class GuardService:
    """Asks access, and then flags for whom access was asked."""

    def __init__(self, access: AccessService, flags: FlagService) -> None:
        self._access = access
        self._flags = flags

    def ask(  # noqa: PLR0913, PLR0917 - what a request is made of
        self,
        request: AccessRequest,
        flags: Sequence[str],
        caller: Caller,
        policy: PolicySnapshot,
        address: str,
        facts: FactsView,
    ) -> Guarded:
        """Ask access, and flags where it says yes; each flag is asked as a boolean one.

        Raises:
            BadRequest, NotPermitted, NotSupported, FactsMissing: as AccessService.decide.
            StoreUnavailable: what flags need of records cannot be read.
        """
        context: Mapping[str, Any] = request.context or {}
        asked = self._access.asked(request, caller, policy, address, facts)
        explanation = None
        if context.get("explain") is True:
            caller.require(Scope.EXPLAIN)
            explanation = self._access.explain_asked(asked, request, caller, policy)
            decision = explanation.decision
        else:
            decision = policy.decide(asked) if isinstance(asked, Question) else asked.decision
        if not decision.allowed or not isinstance(asked, Question):
            return Guarded(decision, explanation, None, ())
        tenant = None if asked.dom == NO_TENANT else asked.dom
        answers: Sequence[FlagAnswer] = ()
        if flags:
            named = _flag_context(request, context, tenant)
            try:
                question = self._flags.question(named, caller, policy, address, facts)
            except InvalidContext as error:
                answers = [unanswered(key, FlagError.GENERAL, str(error)) for key in flags]
            else:
                answers = [question.evaluate(key).as_type(FlagType.BOOLEAN) for key in flags]
        return Guarded(decision, explanation, tenant, answers)


def _flag_context(request: AccessRequest, context: Mapping[str, Any], tenant: str | None) -> Mapping[str, Any]:
    """The context of flags for whom access was asked: its subject if that is a user, in the tenant that was found."""
    named = {name: value for name, value in context.items() if name not in _NAMING}
    if request.subject_type == _USER:
        named[TARGETING_KEY] = request.subject_id
    if tenant is not None:
        named["tenant"] = tenant
    return named
