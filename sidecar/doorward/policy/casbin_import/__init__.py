"""A stock Casbin model and policy file to a policy tree, with everything that differs. Reads and makes bytes alone."""

from doorward.policy.casbin_import.conversion import (
    OPTION_OF,
    TYPE_OF,
    Imported,
    StockFiles,
    TypesUnclear,
    Wishes,
    import_casbin,
)
from doorward.policy.casbin_import.findings import Finding, Weight
from doorward.policy.casbin_import.first_question import check_options, enforce_request
from doorward.policy.casbin_import.left_out import OPENING
from doorward.policy.casbin_import.stock_rows import Quotes

__all__ = [
    "OPENING",
    "OPTION_OF",
    "TYPE_OF",
    "Finding",
    "Imported",
    "Quotes",
    "StockFiles",
    "TypesUnclear",
    "Weight",
    "Wishes",
    "check_options",
    "enforce_request",
    "import_casbin",
]
