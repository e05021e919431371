"""Casbin model and rules to an immutable, indexed Evaluator.

Everything Casbin's formats mean is decided here. Stock Casbin itself is not imported: it is the
oracle that the tests compare every decision with (docs/adr/0003-casbin-is-the-oracle.md).
"""

from doorward.engine.build import build_evaluators
from doorward.engine.change import Change, change_evaluators
from doorward.engine.evaluator import Evaluator
from doorward.engine.explain import explain
from doorward.engine.model import Model, ModelFile
from doorward.engine.model.text import read_definitions, read_model
from doorward.engine.problems import Problems
from doorward.engine.rows import Row, read_rows

__all__ = [
    "Change",
    "Evaluator",
    "Model",
    "ModelFile",
    "Problems",
    "Row",
    "build_evaluators",
    "change_evaluators",
    "explain",
    "read_definitions",
    "read_model",
    "read_rows",
]
