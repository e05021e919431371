"""Questions to flags: what a context, a time and what is recorded come to, for any number of flags of a policy."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from doorward.domain.access import Attributes
from doorward.domain.flag_outlines import FlagCase
from doorward.domain.flags import FlagAnswer
from doorward.services.ports import PolicySnapshot

TARGETING_KEY: Final = "targetingKey"
NAMING: Final = frozenset({TARGETING_KEY, "tenant", "domain"})
"""Members of a context that say whom flags are for; conditions do not read them."""


class FlagQuestion:
    """What flags are asked for: what their conditions read, when, of which plan, and the tenant's own values.

    One question may be put to any number of flags of the policy it was made with. Its answers stay the same from
    `now` to `until`, where facts do. `suits_others` says that for users who are neither recorded nor declared,
    as its own is, it differs in the id alone.
    """

    __slots__ = ("_case", "ctx", "features", "now", "overrides", "policy", "suits_others", "tenant", "until")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        policy: PolicySnapshot,
        ctx: Mapping[str, Any],
        now: float,
        tenant: str | None,
        features: Sequence[str],
        overrides: Mapping[str, object],
        until: float,
    ) -> None:
        self.suits_others = False
        self._case: tuple[FlagCase | None] | None = None
        self.until = until
        self.policy = policy
        self.ctx = ctx
        self.now = now
        self.tenant = tenant
        self.features = features
        self.overrides = overrides

    @property
    def since(self) -> float:
        """From when its answers stay the same."""
        return self.now

    def evaluate(self, key: str) -> FlagAnswer:
        """The answer of one flag."""
        return self.policy.flags.evaluate(key, self.ctx, self.now, self.features, self.overrides)

    def evaluate_all(self) -> Sequence[FlagAnswer]:
        """The answers of all flags."""
        return self.policy.flags.evaluate_all(self.ctx, self.now, self.features, self.overrides)

    def evaluate_some(self, keys: Sequence[str]) -> Sequence[FlagAnswer]:
        """The answers of some flags that are there."""
        return self.policy.flags.evaluate_some(keys, self.ctx, self.now, self.features, self.overrides)

    def case(self) -> FlagCase | None:
        """How conditions see the context; None where one fails, so that flags have to be asked one by one."""
        known = self._case
        if known is None:
            flags = self.policy.flags
            known = self._case = (flags.case(self.ctx, self.now, self.features, self.overrides),)
        return known[0]


class OfAnother:
    """A question that suits others, of another of them; `now` is before its `until`. It is as good as FlagQuestion."""

    __slots__ = ("_question", "now", "overrides", "policy", "until", "user")

    def __init__(self, question: FlagQuestion, user: str, now: float) -> None:
        self._question = question
        self.user = user
        self.now = now
        self.until = question.until
        self.policy = question.policy
        self.overrides = question.overrides

    def evaluate(self, key: str) -> FlagAnswer:
        """The answer of one flag."""
        return self.policy.flags.evaluate(key, self._ctx(), self.now, self._question.features, self.overrides)

    def evaluate_all(self) -> Sequence[FlagAnswer]:
        """The answers of all flags."""
        return self._whole().evaluate_all()

    def evaluate_some(self, keys: Sequence[str]) -> Sequence[FlagAnswer]:
        """The answers of some flags that are there."""
        return self._whole().evaluate_some(keys)

    def case(self) -> FlagCase | None:
        """How conditions see the context, as of FlagQuestion."""
        flags = self.policy.flags
        if flags.reads_subject:
            return self._whole().case()
        known = self._question.case()
        return None if known is None else flags.case_of_another(known, self.user)

    def _whole(self) -> FlagQuestion:
        known = self._question
        tenant, features = known.tenant, known.features
        return FlagQuestion(self.policy, self._ctx(), self.now, tenant, features, self.overrides, self.until)

    def _ctx(self) -> Mapping[str, Any]:
        return {**self._question.ctx, "subject": subject_section("user", self.user, {}, [])}


Asked = FlagQuestion | OfAnother


def flag_sections(
    subject: Attributes, tenant: Attributes, context: Attributes, now: float, address: str
) -> Mapping[str, Any]:
    """What conditions of flags read below `r.ctx`."""
    return {
        "subject": subject,
        "tenant": tenant,
        "env": {"time": now, "address": address or None},
        "context": {name: value for name, value in context.items() if name not in NAMING},
    }


def subject_section(kind: str, name: str, attributes: Attributes, roles: Sequence[str]) -> Mapping[str, Any]:
    """What conditions of flags read of whom they are for; no attribute stands in the place of type, id and roles."""
    return {**attributes, "type": kind, "id": name, "roles": roles}
