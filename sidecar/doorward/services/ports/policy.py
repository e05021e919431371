"""What services need of policy: snapshots that answer, sources, repositories."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any, Protocol

from doorward.domain.access import Decision, Explanation, Question
from doorward.domain.catalog import Catalog
from doorward.domain.flag_outlines import FlagCase, FlagOutline
from doorward.domain.flags import DeclaredFlags, Flag, FlagAnswer
from doorward.domain.new_flags import NewFlag
from doorward.domain.new_plans import NewPlan
from doorward.domain.plans import Plan
from doorward.domain.policy_changes import Edit, Files, Logged, Note, Proposed, Written
from doorward.domain.roles import NewRole, Role
from doorward.domain.rules import NewRule, Rule
from doorward.domain.security import SecurityPolicies


class DeclaredPolicy(Protocol):
    """The rules and roles of a policy, one by one."""

    def list_rules(self, start: int, count: int) -> Sequence[Rule]:
        """Some rules, in file order."""
        ...

    def find_rule(self, name: str) -> Rule | None:
        """The rule of a name."""
        ...

    def list_roles(self, start: int, count: int) -> Sequence[Role]:
        """Some roles, by name."""
        ...

    def find_role(self, name: str) -> Role | None:
        """The role of a name."""
        ...


class FlagPolicy(Protocol):
    """The flags of a policy, ready to answer. An answer depends on the arguments alone."""

    @property
    def declared(self) -> DeclaredFlags:
        """What policies/flags.yaml says."""
        ...

    @property
    def keys(self) -> Sequence[str]:
        """Every flag, in the order of the file; then plan features without an entry, by name."""
        ...

    @property
    def reads_usage(self) -> bool:
        """Whether any rule may read what a tenant uses."""
        ...

    @property
    def reads_roles(self) -> bool:
        """Whether `r.ctx.subject.roles` may be read; else it need not be given."""
        ...

    @property
    def reads_subject(self) -> bool:
        """Whether any condition may read `r.ctx.subject`; splits may in any case."""
        ...

    def find(self, key: str) -> Flag | None:
        """One flag, also of a plan alone."""
        ...

    def evaluate(
        self,
        key: str,
        ctx: Mapping[str, Any],
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = ...,
    ) -> FlagAnswer:
        """Answer one flag; never raises. `ctx` is what `r.ctx` holds, `overrides` the tenant's own values by flag."""
        ...

    def evaluate_all(
        self,
        ctx: Mapping[str, Any],
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = ...,
    ) -> Sequence[FlagAnswer]:
        """Answer every flag, in the order of `keys`."""
        ...

    def evaluate_some(
        self,
        keys: Sequence[str],
        ctx: Mapping[str, Any],
        now: float,
        plan_features: Container[str] = (),
        overrides: Mapping[str, object] = ...,
    ) -> Sequence[FlagAnswer]:
        """Answer some flags that are there, in the order in which they are asked for."""
        ...

    def case(
        self,
        ctx: Mapping[str, Any],
        now: float,
        plan_features: Collection[str] = (),
        overrides: Mapping[str, object] = ...,
    ) -> FlagCase | None:
        """How conditions see a context; None where one fails.

        Overrides are told apart by identity: whoever keeps something by the kind of a case has to keep them, too.
        """
        ...

    def case_of_another(self, case: FlagCase, user: str) -> FlagCase:
        """The case of the same context but for the user's id, where no condition reads the subject."""
        ...

    def outline(self, answers: Sequence[FlagAnswer]) -> FlagOutline:
        """What is common to all contexts of a kind, from what `evaluate_all` answers for one of them."""
        ...

    def steady_until(self, now: float) -> float:
        """Until when (epoch seconds) time alone changes no answer; `now` where conditions read `r.ctx.env`."""
        ...


class PolicySnapshot(Protocol):
    """One policy revision that answers questions; immutable."""

    @property
    def revision(self) -> str:
        """Its name: `dir:HASH` or `git:SHA`."""
        ...

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants it names literally."""
        ...

    @property
    def rule_count(self) -> int:
        """How many rules it holds."""
        ...

    @property
    def declared(self) -> DeclaredPolicy:
        """Its rules and roles, to be listed."""
        ...

    @property
    def plans(self) -> Mapping[str, Plan]:
        """Its plans, by name."""
        ...

    @property
    def catalog(self) -> Catalog:
        """What is sold and counted, and what a subscription's status allows."""
        ...

    @property
    def security(self) -> SecurityPolicies:
        """What passwords, sessions, logins and kept data must be like."""
        ...

    @property
    def flags(self) -> FlagPolicy:
        """Its feature flags."""
        ...

    @property
    def enforce_only(self) -> str | None:
        """Why it cannot answer access questions, in words; None where it can."""
        ...

    def decide(self, question: Question) -> Decision:
        """Answer one question."""
        ...

    def enforce(self, values: Sequence[Any], section: str, now: float, address: str) -> Decision:
        """Answer one question by position; `values` fit `tokens(section)`. Never raises.

        In the place of a token `ctx` stands the caller's own context, an object.
        """
        ...

    def tokens(self, section: str) -> tuple[str, ...] | None:
        """The request's tokens: of the main section (empty), or of the one with a number; None where there is none."""
        ...

    def text_tokens(self, section: str) -> frozenset[int]:
        """The positions of tokens that are compared as texts; others take any JSON value."""
        ...

    def explain(self, question: Question, notes: tuple[str, ...] = ()) -> Explanation:
        """Answer one question with everything that led to the answer."""
        ...

    def subject_attributes(self, subject: str) -> Mapping[str, Any]:
        """Declared attributes of a subject, `TYPE:ID`."""
        ...

    def resource_attributes(self, resource: str) -> Mapping[str, Any]:
        """Declared attributes of a resource, `TYPE:ID`."""
        ...

    def knows_role(self, role: str) -> bool:
        """Whether the policy names the role (`role:NAME`)."""
        ...

    def declares_role(self, name: str) -> bool:
        """Whether the policy names the role of a bare name."""
        ...

    def role_rows(self, subject: str) -> Sequence[tuple[str, str, str]]:
        """The rows that give roles to a subject, `TYPE:ID`: the role's bare name, the tenant or `*`, file:line."""
        ...

    def has_role_in(self, subject: str, tenant: str) -> bool:
        """Whether any row gives a subject, `TYPE:ID`, a role in a tenant or in all; asked for every decision."""
        ...

    def held_roles(self, subject: str, tenant: str, given: Sequence[str], now: float) -> frozenset[str]:
        """The bare names of all roles that a subject holds in a tenant: by rows, those `given`, and through others."""
        ...

    def role_names(self, subject: str, tenant: str, asserted: Sequence[str], now: float) -> list[str]:
        """The roles of a subject, `TYPE:ID`, as conditions read them; `asserted` as `role:NAME`, `now` in seconds."""
        ...

    @property
    def has_timed_roles(self) -> bool:
        """Whether roles are held for a time."""
        ...

    def rule_places(self, names: set[str]) -> Mapping[str, str]:
        """Where rules stand, FILE:LINE, by their names."""
        ...

    def permission_pairs(self) -> Sequence[tuple[str, str]]:
        """Every (action, type) that the policy names, sorted: the permissions that somebody may have."""
        ...


class PolicySource(Protocol):
    """Where revisions come from."""

    @property
    def name(self) -> str:
        """What an operator calls it: a path or an address, without credentials."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether it is asked from time to time, so that the age of what it said matters."""
        ...

    def load(self, pace: Callable[[], None], previous: Any) -> PolicySnapshot:  # noqa: ANN401 - the source's own snapshot
        """Read and validate the newest revision; `previous`, if any, is the one that is served until then.

        Raises:
            PolicyInvalid: it does not load, or is not trusted.
            SourceUnreadable: the source does not answer.
        """
        ...


class LastGoodPolicy(Protocol):
    """Keeps the last revision that loaded, on disk."""

    def save(self, snapshot: Any) -> None:  # noqa: ANN401 - the source's own snapshot
        """Keep it; on return it survives a crash."""
        ...

    def load(self) -> PolicySnapshot | None:
        """The kept revision, or None where there is none or it is damaged."""
        ...

    @property
    def answered_at(self) -> float | None:
        """When the source surely answered last (epoch seconds), as far as that was kept."""
        ...


Clock = Callable[[], float]
"""Epoch seconds."""

Pace = Callable[[], None]
"""Called between small steps of long work, so that other threads get the interpreter."""


class PolicyEditor(Protocol):
    """Changes the files of a policy; every result loads and says nothing but what was asked."""

    def create_role(self, files: Files, role: NewRole) -> Files:
        """Write a role."""
        ...

    def create_rule(self, files: Files, rule: NewRule) -> Files:
        """Write an access rule."""
        ...

    def create_flag(self, files: Files, flag: NewFlag) -> Files:
        """Write a flag."""
        ...

    def create_plan(self, files: Files, plan: NewPlan) -> Files:
        """Write a plan."""
        ...

    def delete_rule(self, files: Files, name: str) -> Files:
        """Take an access rule out."""
        ...


class PolicyRepository(Protocol):
    """Where policy is committed to."""

    def change(self, edit: Edit, note: Note, serve: Callable[[Written], None]) -> Written | Proposed:
        """Commit an edited tree on top of the newest one; one at a time, again where somebody else was faster.

        `serve` is called with what was committed, before anybody else commits here; not for a proposal.

        Raises:
            Conflict: the repository is in no state to be written to; nothing was changed.
            Busy: others went on changing it.
        """
        ...

    def revisions(self, start: int, count: int) -> Sequence[Logged]:
        """Some commits of the branch, the newest first."""
        ...

    def proposals(self) -> Sequence[Logged]:
        """Proposals that are not merged."""
        ...

    def includes(self, revision: str, *, within: str) -> bool:
        """Whether a revision is another one, or one that led to it; False where that is not known."""
        ...
