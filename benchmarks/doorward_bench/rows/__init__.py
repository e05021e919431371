"""The rows of the table, in its order."""

from doorward_bench.rows import (
    decision_conditions,
    decision_curve,
    decision_patterns,
    decision_rbac,
    http_batch,
    http_evaluation,
    http_single,
    load_time,
    memory,
    reader_sizes,
    reload,
    sdk_check,
    start,
)

ALL = (
    decision_rbac.ROW,
    *decision_curve.ROWS,
    decision_patterns.ROW,
    decision_conditions.ROW,
    http_evaluation.ROW,
    http_batch.ROW,
    http_single.ROW,
    sdk_check.ROW,
    reload.ROW,
    start.ROW,
    memory.ROW,
    load_time.ROW,
    reader_sizes.ROW,
)
