"""What services need from the rooms above them, as Protocols, by what they are about."""

from doorward.services.ports.facts import FactsSource
from doorward.services.ports.overrides import FlagOverrides, LimitOverrides
from doorward.services.ports.people import Accounts, ApiKeys, Sessions, Tenants, Throttles
from doorward.services.ports.policy import (
    Clock,
    DeclaredPolicy,
    FlagPolicy,
    LastGoodPolicy,
    Pace,
    PolicyEditor,
    PolicyRepository,
    PolicySnapshot,
    PolicySource,
)
from doorward.services.ports.records import AuditTrail, EncryptionKeys, KeptAnswers, Records, Transaction
from doorward.services.ports.secrets import Hasher, OneTimeCodes, RecoveryCodes, Secrets, Vault
from doorward.services.ports.subscriptions import Subscriptions

__all__ = [
    "Accounts",
    "ApiKeys",
    "AuditTrail",
    "Clock",
    "DeclaredPolicy",
    "EncryptionKeys",
    "FactsSource",
    "FlagOverrides",
    "FlagPolicy",
    "Hasher",
    "KeptAnswers",
    "LastGoodPolicy",
    "LimitOverrides",
    "OneTimeCodes",
    "Pace",
    "PolicyEditor",
    "PolicyRepository",
    "PolicySnapshot",
    "PolicySource",
    "Records",
    "RecoveryCodes",
    "Secrets",
    "Sessions",
    "Subscriptions",
    "Tenants",
    "Throttles",
    "Transaction",
    "Vault",
]
