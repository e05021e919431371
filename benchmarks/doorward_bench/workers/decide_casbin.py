"""Decisions in process by pycasbin, from the same files and questions."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import casbin
from casbin.util import key_match_func

from doorward_bench.policies import Asked
from doorward_bench.workers.loop import arguments, first_answers, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


class Attributes:
    """A mapping whose names are read with a dot, as pycasbin's conditions do."""

    def __init__(self, values: dict[str, object]) -> None:
        self.__dict__.update(values)


def main() -> None:
    """Load the policy, answer the questions. `any_tenant`: role rows may have `*` as their tenant."""
    logging.disable(logging.CRITICAL)
    wanted = arguments()
    tree = wanted["tree"]
    started = time.perf_counter()
    enforcer = casbin.Enforcer(f"{tree}/models/access.conf", f"{tree}/policies/access.csv")
    enforce = enforcer.enforce
    questions = [Asked(*one) for one in wanted["questions"]]
    subject, resource = wanted.get("subject") or {}, wanted.get("resource") or {}

    def answer(block: Sequence[Asked]) -> list[bool]:
        return [enforce(sub, obj, act) for sub, obj, act, _ in block]

    def answer_with_attributes(block: Sequence[Asked]) -> list[bool]:
        answers = []
        for sub, obj, act, dom in block:
            context = Attributes({"subject": Attributes(subject), "resource": Attributes(resource)})
            answers.append(enforce(sub, dom, obj, act, context))
        return answers

    chosen = answer_with_attributes if wanted.get("subject") else answer
    if wanted.get("subject"):
        enforcer.add_function("startswith", str.startswith)
    if wanted.get("any_tenant"):
        enforcer.add_named_domain_matching_func("g", key_match_func)
        enforcer.build_role_links()
    loaded = time.perf_counter() - started
    serve_blocks(chosen, questions, load=loaded, **first_answers(chosen, questions, wanted))


if __name__ == "__main__":
    main()
