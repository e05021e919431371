"""The memory of facts against what is recorded, under random changes, reads and races."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from doorward.domain.facts import FactsMissing, UserFacts
from doorward.domain.tenants import TenantStatus
from doorward.services.facts import Facts
from support.recorded import RecordedFacts

IDS = st.sampled_from(["a", "b", "c", "d"])
NAMES = st.sampled_from(["One", "Two", "Three"])
DOMAINS = st.sampled_from(["a.com", "b.com"])
MISSING = object()


class FactsAgainstRecords(RuleBasedStateMachine):
    """An answer is what was recorded at the version that is shown, or later. `history` has each key's answers by version."""

    def __init__(self) -> None:
        super().__init__()
        self.source = RecordedFacts()
        self.facts = Facts(self.source, lambda: 0.0, most_users=2, most_tenants=2)
        self.facts.start()
        self.history: list[dict[tuple[str, str], Any]] = [{}]

    def _note(self) -> None:
        now: dict[tuple[str, str], Any] = {("user", one.id): one.first_name for one in self.source.users.values()}
        now |= {("tenant", one.id): one.status for one in self.source.tenants.values()}
        now |= {("domain", one.domain): one.id for one in self.source.tenants.values() if one.domain}
        self.history.append(now)

    @rule(user=IDS, name=NAMES)
    def change_user(self, user: str, name: str) -> None:
        self.source.record_user(user, first_name=name)
        self._note()

    @rule(tenant=IDS, status=st.sampled_from([TenantStatus.ACTIVE, TenantStatus.SUSPENDED]), domain=st.none() | DOMAINS)
    def change_tenant(self, tenant: str, status: TenantStatus, domain: str | None) -> None:
        taken = any(one.domain == domain and one.id != tenant for one in self.source.tenants.values())
        self.source.record_tenant(tenant, None if taken else domain, status=status)
        self._note()

    @rule()
    def refresh(self) -> None:
        self.facts.refresh()
        assert self.facts.version == self.source.committed

    @rule()
    def prune(self) -> None:
        self.source.forget_log()

    @rule(kind=st.sampled_from(["user", "tenant", "domain"]), key=IDS)
    def read(self, kind: str, key: str) -> None:
        key = f"{key}.com" if kind == "domain" else key
        since = self.facts.version
        self._check(kind, key, self._answer(self.facts.reading, kind, key), since)

    @rule(kind=st.sampled_from(["user", "tenant", "domain"]), key=IDS, name=NAMES, applied=st.booleans())
    def read_while_somebody_changes_it(self, kind: str, key: str, name: str, applied: bool) -> None:
        def meanwhile() -> None:
            self.change_user(key, name)
            self.change_tenant(key, TenantStatus.SUSPENDED, "a.com")
            if applied:
                self.facts.refresh()

        self.source.meanwhile = meanwhile
        self.read(kind, key)
        self.source.meanwhile = lambda: None

    def _answer(self, view: Any, kind: str, key: str) -> Any:
        try:
            if kind == "domain":
                return view.tenant_of_domain(key)
            found = view.user(key) if kind == "user" else view.tenant(key)
        except FactsMissing:
            return MISSING
        if found is None:
            return None
        return found.first_name if isinstance(found, UserFacts) else found.status

    def _check(self, kind: str, key: str, answer: Any, since: int) -> None:
        assert answer in [one.get((kind, key)) for one in self.history[since:]]

    @invariant()
    def memory_is_never_older_than_it_says(self) -> None:
        for kind, keys in (("user", "abcd"), ("tenant", "abcd"), ("domain", ("a.com", "b.com"))):
            for key in keys:
                answer = self._answer(self.facts.memory, kind, key)
                if answer is not MISSING:
                    self._check(kind, key, answer, self.facts.version)

    @invariant()
    def memory_is_bounded(self) -> None:
        assert max(self.facts.remembered.sizes().values()) <= 2


FactsAgainstRecords.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestFactsAgainstRecords = FactsAgainstRecords.TestCase
