"""Usage: events that are counted, what they come to, and whether that is right."""

from doorward.services.usage.checking import UsageChecking
from doorward.services.usage.intake import UsageIntake
from doorward.services.usage.reading import By, MeterStanding, MeterUsage, UsageReading
from doorward.services.usage.thresholds import Teller, Thresholds, ThresholdSender

__all__ = [
    "By",
    "MeterStanding",
    "MeterUsage",
    "Teller",
    "ThresholdSender",
    "Thresholds",
    "UsageChecking",
    "UsageIntake",
    "UsageReading",
]
