"""Usage: events that are counted, what they come to, and whether that is right."""

from doorward.services.usage.intake import UsageIntake
from doorward.services.usage.reading import By, MeterStanding, MeterUsage, UsageReading

__all__ = ["By", "MeterStanding", "MeterUsage", "UsageIntake", "UsageReading"]
