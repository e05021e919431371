"""A stock Casbin model and policy file to a policy tree, with everything that differs. Reads and makes bytes alone."""

from doorward.policy.casbin_import.conversion import Imported, StockFiles, TypesUnclear, Wishes, import_casbin
from doorward.policy.casbin_import.findings import Finding, Weight
from doorward.policy.casbin_import.stock_rows import Quotes

__all__ = ["Finding", "Imported", "Quotes", "StockFiles", "TypesUnclear", "Weight", "Wishes", "import_casbin"]
