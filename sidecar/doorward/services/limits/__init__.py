"""Limits: what a tenant may have, what it uses, and whether there is room for more."""

from doorward.services.limits.allowances import Allowance, Allowances
from doorward.services.limits.conditions import UsageConditions
from doorward.services.limits.counting import LimitService
from doorward.services.limits.exceeding import Exceeding
from doorward.services.limits.looking import LimitLooking, UsageMemory

__all__ = [
    "Allowance",
    "Allowances",
    "Exceeding",
    "LimitLooking",
    "LimitService",
    "UsageConditions",
    "UsageMemory",
]
