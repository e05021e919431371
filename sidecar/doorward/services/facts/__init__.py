"""What is recorded, for decisions: remembered, bounded, and kept as new as the store."""

from doorward.services.facts.following import FACTS_PATTERN, POLL_SECONDS, WAIT_SECONDS, Facts, facts_version
from doorward.services.facts.nothing import NOTHING_RECORDED, NothingRecorded
from doorward.services.facts.remembered import Remembered
from doorward.services.facts.views import FactsView, Reading

__all__ = [
    "FACTS_PATTERN",
    "NOTHING_RECORDED",
    "POLL_SECONDS",
    "WAIT_SECONDS",
    "Facts",
    "FactsView",
    "NothingRecorded",
    "Reading",
    "Remembered",
    "facts_version",
]
