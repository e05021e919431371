"""One flag in process by openfeature-flagd-core, flagd's own evaluator in Python."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from doorward_bench.workers.loop import arguments, first_answers, serve_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Load the flags, answer one for each context."""
    logging.disable(logging.CRITICAL)
    wanted = arguments()
    flag = wanted["flag"]
    started = time.perf_counter()
    core = FlagdCore()
    core.set_flags(Path(wanted["flagd"]).read_text())
    evaluate = core.resolve_boolean_value
    loaded = time.perf_counter() - started
    contexts = [EvaluationContext(tenant, {"tenant": tenant, "plan": plan}) for tenant, plan in wanted["asked"]]

    def answer(block: Sequence[EvaluationContext]) -> list[bool]:
        return [bool(evaluate(flag, False, context).value) for context in block]

    serve_blocks(answer, contexts, load=loaded, **first_answers(answer, contexts, wanted))


if __name__ == "__main__":
    main()
