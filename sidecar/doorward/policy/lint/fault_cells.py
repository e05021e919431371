"""Which cell of a row a load fault means, where that can be told."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from doorward.domain.errors import Problem
from doorward.engine import ModelFile, Problems, read_model
from doorward.engine.language.conditions import compile_condition
from doorward.engine.language.expressions import ExpressionError
from doorward.engine.row_checks import readable_in_conditions
from doorward.policy.lint.findings import Span
from doorward.policy.lint.sources import field_span
from doorward.policy.tree import ACCESS_MODEL, ACCESS_RULES, PLANS

Cell = tuple[str, Span]


class FaultyCells:
    """Finds cells by what a message quotes; and conditions, which it does not quote, by the model."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def span(self, problem: Problem, source: str) -> Span | None:
        """The columns of the cell that a fault of a row means; None where it is the row."""
        if problem.path not in {ACCESS_RULES, PLANS}:
            return None
        cells = list(_cells(source))
        if problem.message.startswith("condition:"):
            return self._refused_condition(cells)
        if "deny rows" in problem.message:
            quoted = [span for text, span in cells if text == "deny"]
        else:
            quoted = [span for text, span in cells[1:] if repr(text) in problem.message]
        if not quoted:
            return None
        return quoted[-1] if "effect" in problem.message else quoted[0]

    def _refused_condition(self, cells: list[Cell]) -> Span | None:
        kind = cells[0][0]
        model = None if self._model is None else self._model.sections.get(kind.removeprefix("p"))
        if model is None:
            return None
        readable = readable_in_conditions(model)
        for column in model.condition_columns:
            if column + 1 < len(cells):
                text, span = cells[column + 1]
                try:
                    compile_condition(text, readable)
                except ExpressionError:
                    return span
        return None

    @cached_property
    def _model(self) -> ModelFile | None:
        text = self._files.get(ACCESS_MODEL, b"").decode("utf-8", "replace")
        return read_model(text, Problems(ACCESS_MODEL))


def _cells(source: str) -> Iterator[Cell]:
    """The cells of a row with its type first."""
    at = 0
    while (span := field_span(source, at)) is not None:
        yield source[slice(*span)], span
        at += 1
