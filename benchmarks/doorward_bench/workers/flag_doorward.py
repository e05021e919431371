"""One flag in process by Doorward, from a policy tree."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorward.bootstrap import load_folder
from doorward_bench.workers.loop import arguments, first_answers, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Load the flags, answer one for each context."""
    wanted = arguments()
    flag = wanted["flag"]
    started = time.perf_counter()
    evaluate = load_folder(Path(wanted["tree"])).flags.evaluate
    loaded = time.perf_counter() - started
    contexts = [
        {"subject": {}, "tenant": {"id": tenant, "plan": plan}, "env": {"time": 0.0}, "context": {}}
        for tenant, plan in wanted["asked"]
    ]

    def answer(block: Sequence[dict[str, Any]]) -> list[Any]:
        return [evaluate(flag, context, 0.0).value for context in block]

    serve_blocks(answer, contexts, load=loaded, **first_answers(answer, contexts, wanted))


if __name__ == "__main__":
    main()
