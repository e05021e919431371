"""Decisions in process by Cedar (cedarpy), with policies and entities parsed once beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import cedarpy

from doorward_bench.policies import Asked
from doorward_bench.workers.loop import arguments, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


def _read(rules: str) -> tuple[cedarpy.PolicySet, cedarpy.Entities]:
    """Casbin rows as Cedar: a policy for each p row, an entity with its parent for each g row."""
    policies, entities = [], []
    for row in rules.splitlines():
        kind, *fields = (field.strip() for field in row.split(","))
        if kind == "p":
            role, data, action = fields
            policies.append(
                f'permit(principal in Role::"{role}", action == Action::"{action}", resource == Data::"{data}");'
            )
        else:
            user, role = fields
            entities.append(
                {"uid": {"type": "User", "id": user}, "attrs": {}, "parents": [{"type": "Role", "id": role}]}
            )
    return cedarpy.PolicySet.from_str("\n".join(policies)), cedarpy.Entities.from_json_str(json.dumps(entities))


def main() -> None:
    """Load the policy, answer the questions."""
    wanted = arguments()
    policies, entities = _read(Path(wanted["tree"], "policies/access.csv").read_text())

    def answer(block: Sequence[Asked]) -> list[bool]:
        return [
            cedarpy.is_authorized(
                {
                    "principal": {"type": "User", "id": sub},
                    "action": {"type": "Action", "id": act},
                    "resource": {"type": "Data", "id": obj},
                    "context": {},
                },
                policies,
                entities,
            ).allowed
            for sub, obj, act, _ in block
        ]

    questions = [Asked(*one) for one in wanted["questions"]]
    serve_blocks(answer, questions, answers=answer(questions[: wanted["agree"]]))


if __name__ == "__main__":
    main()
