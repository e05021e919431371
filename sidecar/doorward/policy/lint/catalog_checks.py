"""Descriptions of rules that are not there. A role that is described exists by that."""

from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.tree import CATALOG


def check_catalog(examined: Examined) -> None:
    """Every entry under `rules`. It opens nothing, so it is no fault: a rule may be taken out in a hurry."""
    if not examined.catalog.rules:
        return
    sections = examined.sections.values()
    names = {rule.fields[at] for one in sections if (at := one.name_column) is not None for rule in one.rules}
    for name in examined.catalog.rules.keys() - names:
        message = f"there is no rule {name}; remove the entry, or correct its name"
        examined.word(codes.DESCRIBED_RULE_MISSING, CATALOG, examined.catalog.lines["rules"][name], name, message)
