"""Usage: events that are counted, what they come to, and whether that is right."""

from doorward.services.usage.intake import UsageIntake

__all__ = ["UsageIntake"]
