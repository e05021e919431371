"""Decisions in process by Cedar (cedarpy), with policies and entities parsed once beforehand."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cedarpy

from doorward_bench.policies import Asked
from doorward_bench.workers.loop import arguments, first_answers, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NAMED_PART = re.compile(r":[^/]+")


def _names_policy(subject: str, data: str, action: str) -> str:
    """A rule that says what it means by names alone."""
    return f'permit({_principal(subject)}, action == Action::"{action}", resource == Data::"{data}");'


def _paths_policy(subject: str, pattern: str, methods: str) -> str:
    """A rule with a path pattern and alternatives of methods. The `*` of `like` goes past slashes too."""
    path = _NAMED_PART.sub("*", pattern)
    actions = ", ".join(f'Action::"{one}"' for one in methods.strip("^()$").split("|"))
    return f'permit({_principal(subject)}, action in [{actions}], resource) when {{ context.path like "{path}" }};'


def _principal(subject: str) -> str:
    return f'principal in Role::"{subject}"' if subject.startswith("role:") else f'principal == User::"{subject}"'


def _read(rules: str, policy: Callable[[str, str, str], str]) -> tuple[cedarpy.PolicySet, cedarpy.Entities]:
    """Casbin rows as Cedar: a policy for each p row, an entity with its parent for each g row."""
    policies, entities = [], []
    for row in rules.splitlines():
        kind, *fields = (field.strip() for field in row.split(","))
        if kind == "p":
            policies.append(policy(*fields))
        else:
            user, role = fields
            entities.append(
                {"uid": {"type": "User", "id": user}, "attrs": {}, "parents": [{"type": "Role", "id": role}]}
            )
    return cedarpy.PolicySet.from_str("\n".join(policies)), cedarpy.Entities.from_json_str(json.dumps(entities))


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "principal": {"type": "User", "id": asked.sub},
        "action": {"type": "Action", "id": asked.act},
        "resource": {"type": "Data", "id": asked.obj},
        "context": {},
    }


def _path_request(asked: Asked) -> dict[str, Any]:
    return _request(asked) | {"resource": {"type": "Path", "id": "any"}, "context": {"path": asked.obj}}


def main() -> None:
    """Load the policy, answer the questions. `cedar` is `paths` where resources are path patterns."""
    wanted = arguments()
    is_about_paths = wanted.get("cedar") == "paths"
    request = _path_request if is_about_paths else _request
    started = time.perf_counter()
    rules = Path(wanted["tree"], "policies/access.csv").read_text()
    policies, entities = _read(rules, _paths_policy if is_about_paths else _names_policy)
    loaded = time.perf_counter() - started

    def answer(block: Sequence[Asked]) -> list[bool]:
        return [cedarpy.is_authorized(request(asked), policies, entities).allowed for asked in block]

    questions = [Asked(*one) for one in wanted["questions"]]
    serve_blocks(answer, questions, load=loaded, **first_answers(answer, questions, wanted))


if __name__ == "__main__":
    main()
