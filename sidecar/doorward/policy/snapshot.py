"""A Snapshot: one policy revision, validated and ready to answer. Immutable."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from doorward.domain.access import ANY, NO_TENANT, Decision, Explanation, Question, role_names
from doorward.domain.catalog import Catalog
from doorward.domain.plans import Plan
from doorward.domain.security import SecurityPolicies
from doorward.engine import Evaluator, explain
from doorward.engine.flags import Flags
from doorward.engine.roles.graph import Roles
from doorward.engine.roles.windows import WindowedRoles
from doorward.policy.declared import Declared
from doorward.policy.described import described_flags, described_plans, described_security
from doorward.policy.directory import Directory
from doorward.policy.permissions import permission_pairs
from doorward.policy.role_rows import RoleRow, role_rows
from doorward.policy.tree import ACCESS_RULES, Tree

_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One revision of declared state. `tenants` are those it names literally.

    `sections` has the evaluator of each section set of the model, the main one under "".
    """

    revision: str
    tree: Tree
    sections: Mapping[str, Evaluator]
    directory: Directory
    catalog: Catalog
    plans: Mapping[str, Plan]
    security: SecurityPolicies
    flags: Flags
    tenants: frozenset[str]
    decide: Callable[[Question], Decision] = field(init=False, repr=False, compare=False)
    """Answers one question."""
    has_role_in: Callable[[str, str], bool] = field(init=False, repr=False, compare=False)
    """Whether a role row gives a subject any role in a tenant, or in all of them."""
    _permissions: list[tuple[tuple[str, str], ...]] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decide", self.sections[""].decide)  # the hot way: one call less
        object.__setattr__(self, "has_role_in", self.evaluator.roles.holds_any)

    @property
    def evaluator(self) -> Evaluator:
        """The main section's."""
        return self.sections[""]

    @property
    def declared(self) -> Declared:
        """Its rules and roles, to be listed."""
        return Declared(self.evaluator, self.catalog)

    @property
    def enforce_only(self) -> str | None:
        """Why AuthZEN cannot ask this policy; None where it can."""
        return self.evaluator.model.enforce_only

    def tokens(self, section: str) -> tuple[str, ...] | None:
        """What a question to a section is made of, in order; None where there is no such section."""
        evaluator = self.sections.get(section)
        return None if evaluator is None else evaluator.model.tokens

    def text_tokens(self, section: str) -> frozenset[int]:
        """The positions of tokens that must be texts, because the matcher compares them."""
        return self.sections[section].model.text_tokens

    def enforce(self, values: Sequence[Any], section: str, now: float, address: str) -> Decision:
        """Answer a question by position: one value for each token of a section, the caller's own for `ctx`."""
        evaluator = self.sections[section]
        named = dict(zip(evaluator.model.tokens, values, strict=False))
        subject, resource = named.get("sub"), named.get("obj")
        stored = (
            self.subject_attributes(subject) if isinstance(subject, str) else _NOTHING,
            self.resource_attributes(resource) if isinstance(resource, str) else _NOTHING,
        )
        return evaluator.enforce(values, stored, now, address)

    def explain(self, question: Question, notes: tuple[str, ...] = ()) -> Explanation:
        """Answer one question with everything that led to the answer."""
        return explain(self.evaluator, question, self.revision, notes)

    def subject_attributes(self, subject: str) -> Mapping[str, Any]:
        """Declared attributes of a subject, `TYPE:ID`."""
        return self.directory.subjects.get(subject, _NOTHING)

    def resource_attributes(self, resource: str) -> Mapping[str, Any]:
        """Declared attributes of a resource, `TYPE:ID`."""
        return self.directory.resources.get(resource, _NOTHING)

    def knows_role(self, role: str) -> bool:
        """Whether any row or policies/catalog.yaml names the role (`role:NAME`)."""
        return self.evaluator.knows_role(role) or role.removeprefix("role:") in self.catalog.roles

    def declares_role(self, name: str) -> bool:
        """Whether any row or policies/catalog.yaml names the role of this bare name."""
        return self.knows_role(f"role:{name}")

    def role_rows(self, subject: str) -> tuple[RoleRow, ...]:
        """The rows that give roles to a subject: bare role, tenant, file:line."""
        return role_rows(self.evaluator, self.tree.files[ACCESS_RULES], subject)

    def held_roles(self, subject: str, tenant: str, given: Sequence[str], now: float) -> frozenset[str]:
        """The bare names of all roles that a subject holds in a tenant: by rows, those `given`, and through others."""
        held = self.evaluator.roles.roles(subject, tenant, [f"role:{one}" for one in given], now)
        return frozenset(one.removeprefix("role:") for one in held)

    def role_names(self, subject: str, tenant: str, asserted: Sequence[str], now: float) -> list[str]:
        """The roles of a subject as conditions read them; `asserted` as `role:NAME`."""
        return role_names(self.evaluator.roles.roles(subject, tenant, asserted, now))

    @property
    def has_timed_roles(self) -> bool:
        """Whether roles are held for a time."""
        return isinstance(self.evaluator.roles, WindowedRoles)

    def rule_places(self, names: set[str]) -> Mapping[str, str]:
        """Where rules stand, FILE:LINE, by their names."""
        lines = self.declared.rule_lines(names)
        return {name: f"{self.evaluator.path}:{line}" for name, line in lines.items()}

    def permission_pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (action, type) that rules or the directory name, sorted; found once."""
        if not self._permissions:
            self._permissions.append(permission_pairs(self.evaluator, self.directory))
        return self._permissions[0]

    def describe(self) -> dict[str, Any]:
        """Rules and roles as plain data, for people and JSON."""
        main = self.evaluator
        return {
            "revision": self.revision,
            **_described(main, self.catalog.rules),
            "roles": [
                {"definition": name, "holder": holder, "role": role, "tenant": tenant, **window}
                for name, graph in main.graphs.items()
                for holder, role, tenant, window in _assignments(graph)
            ],
            "descriptions": {name: text for name, text in self.catalog.roles.items() if text},
            "sections": {suffix: _described(one, _NOTHING) for suffix, one in self.sections.items() if suffix},
            "tenants": sorted(self.tenants),
            "currency": self.catalog.currency,
            "plans": described_plans(self.plans),
            "security": described_security(self.security),
            **described_flags(self.flags.declared),
        }

    @property
    def rule_count(self) -> int:
        """How many rules it holds, in all sections."""
        return sum(len(one.rules) for one in self.sections.values())


def tenants_of(directory: Directory, evaluator: Evaluator) -> frozenset[str]:
    """The tenants that a policy names literally."""
    return directory.tenants | evaluator.domains - {ANY, NO_TENANT}


def _assignments(graph: Roles) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """The rows of a role definition, sorted: holder, role, tenant, and from when until when, where rows say so."""
    if isinstance(graph, WindowedRoles):
        for holder, role, tenant, start, end in sorted(graph.windows()):
            yield holder, role, tenant, {"from": start, "until": end}
    else:
        for holder, role, tenant in sorted(graph.assignments()):
            yield holder, role, tenant, {}


def _described(evaluator: Evaluator, descriptions: Mapping[str, str | None]) -> dict[str, Any]:
    """The rules of one section."""
    columns = evaluator.model.columns
    return {
        "effect": evaluator.model.effect.value,
        "columns": list(columns),
        "rules": [
            {
                "place": f"{evaluator.path}:{evaluator.line(rule)}",
                **({"description": text} if (text := descriptions.get(evaluator.name(rule))) else {}),
                **dict(zip(columns, rule.fields, strict=True)),
            }
            for rule in evaluator.rules
        ],
    }
