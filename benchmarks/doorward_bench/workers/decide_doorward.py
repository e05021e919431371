"""Decisions in process by Doorward: a question is made of the caller's texts and decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doorward.bootstrap import load_folder
from doorward.domain.access import AccessRequest, Question
from doorward_bench.policies import Asked
from doorward_bench.workers.loop import arguments, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Load the policy, answer the questions."""
    wanted = arguments()
    decide = load_folder(Path(wanted["tree"])).decide
    questions = [Asked(*one) for one in wanted["questions"]]
    attributes = AccessRequest(
        "user", "u1", "read", "doc", "1", wanted.get("subject"), None, wanted.get("resource")
    )  # parsed before the decision; one for all

    def answer(block: Sequence[Asked]) -> list[bool]:
        return [decide(Question(sub, dom, obj, act, attributes)).allowed for sub, obj, act, dom in block]

    serve_blocks(answer, questions, answers=answer(questions[: wanted["agree"]]))


if __name__ == "__main__":
    main()
