"""The same questions in the words of AuthZEN and of Cerbos, on the policy that Doorward starts with."""

from __future__ import annotations

import json
from typing import NamedTuple

from doorward_bench.policies import dice

ROLES = ("viewer", "user", "admin", "guest")
KINDS = ("agents", "workflows", "records")
ACTIONS = ("view", "execute", "delete")


class Asked(NamedTuple):
    """May a subject with this role do this to that."""

    subject: str
    role: str
    action: str
    kind: str
    resource: str


def random_questions(count: int) -> list[Asked]:
    """Any subject, role, action and resource; about half are allowed."""
    roll = dice()
    return [
        Asked(
            f"u{roll.randrange(10_000)}",
            ROLES[roll.randrange(len(ROLES))],
            ACTIONS[roll.randrange(len(ACTIONS))],
            KINDS[roll.randrange(len(KINDS))],
            f"r{roll.randrange(100_000)}",
        )
        for _ in range(count)
    ]


def authzen(asked: Asked) -> str:
    """One evaluation; the caller vouches for the role, as Cerbos' callers do."""
    return json.dumps(
        {
            "subject": {"type": "user", "id": asked.subject, "properties": {"roles": [asked.role]}},
            "action": {"name": asked.action},
            "resource": {"type": asked.kind, "id": asked.resource},
        }
    )


def cerbos(asked: Asked) -> str:
    """One check of one resource and one action."""
    return json.dumps(
        {
            "principal": {"id": asked.subject, "roles": [asked.role]},
            "resources": [
                {"resource": {"kind": asked.kind, "id": asked.resource}, "actions": [asked.action]},
            ],
        }
    )


def authzen_batch(batch: list[Asked]) -> str:
    """What one subject may do to many resources."""
    first = batch[0]
    return json.dumps(
        {
            "subject": {"type": "user", "id": first.subject, "properties": {"roles": [first.role]}},
            "evaluations": [
                {"action": {"name": one.action}, "resource": {"type": one.kind, "id": one.resource}} for one in batch
            ],
        }
    )


def cerbos_batch(batch: list[Asked]) -> str:
    """The same in one CheckResources."""
    first = batch[0]
    return json.dumps(
        {
            "principal": {"id": first.subject, "roles": [first.role]},
            "resources": [
                {"resource": {"kind": one.kind, "id": one.resource}, "actions": [one.action]} for one in batch
            ],
        }
    )


def authzen_answers(body: bytes) -> list[bool]:
    """The decisions in an answer to either."""
    answer = json.loads(body)
    return [one["decision"] for one in answer.get("evaluations", [answer])]


def cerbos_answers(body: bytes) -> list[bool]:
    """The decisions in an answer of Cerbos."""
    return [effect == "EFFECT_ALLOW" for one in json.loads(body)["results"] for effect in one["actions"].values()]
