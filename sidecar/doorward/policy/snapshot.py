"""A Snapshot: one policy revision, validated and ready to answer. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from doorward.domain.access import ANY, NO_TENANT, Decision, Explanation, Question
from doorward.engine import Evaluator, explain
from doorward.policy.directory import Directory
from doorward.policy.tree import Tree

_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One revision of declared state. `tenants` are those it names literally."""

    revision: str
    tree: Tree
    evaluator: Evaluator
    directory: Directory
    tenants: frozenset[str]

    def decide(self, question: Question) -> Decision:
        """Answer one question."""
        return self.evaluator.decide(question)

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
        """Whether any row names the role (`role:NAME`)."""
        return self.evaluator.knows_role(role)

    def describe(self) -> dict[str, Any]:
        """Rules and roles as plain data, for people and JSON."""
        evaluator = self.evaluator
        columns = evaluator.model.columns
        return {
            "revision": self.revision,
            "effect": evaluator.model.effect.value,
            "columns": list(columns),
            "rules": [
                {"place": f"{evaluator.path}:{evaluator.line(rule)}", **dict(zip(columns, rule.fields, strict=True))}
                for rule in evaluator.rules
            ],
            "roles": [
                {"holder": holder, "role": role, "tenant": tenant}
                for holder, role, tenant in evaluator.roles.assignments()
            ],
            "tenants": sorted(self.tenants),
        }

    @property
    def rule_count(self) -> int:
        """How many rules it holds."""
        return len(self.evaluator.rules)


def tenants_of(directory: Directory, evaluator: Evaluator) -> frozenset[str]:
    """The tenants that a policy names literally."""
    return directory.tenants | evaluator.domains - {ANY, NO_TENANT}
