"""Decisions in process by Doorward: a question is made of the caller's texts and decided."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.bootstrap import load_folder
from doorward.domain.access import AccessRequest, Question
from doorward_bench.policies import Asked
from doorward_bench.workers.loop import arguments, first_answers, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Load the policy, answer the questions."""
    wanted = arguments()
    started = time.perf_counter()
    decide = load_folder(Path(wanted["tree"])).decide
    loaded = time.perf_counter() - started
    questions = [Asked(*one) for one in wanted["questions"]]
    attributes = AccessRequest(
        "user", "u1", "read", "doc", "1", wanted.get("subject"), None, wanted.get("resource")
    )  # parsed before the decision; one for all

    def answer(block: Sequence[Asked]) -> list[bool]:
        return [decide(Question(sub, dom, obj, act, attributes)).allowed for sub, obj, act, dom in block]

    serve_blocks(answer, questions, load=loaded, **first_answers(answer, questions, wanted))


if __name__ == "__main__":
    main()
