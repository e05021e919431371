"""What services need from the rooms above them, as Protocols, by what they are about."""

from doorward.services.ports.policy import (
    Clock,
    DeclaredPolicy,
    LastGoodPolicy,
    Pace,
    PolicyEditor,
    PolicyRepository,
    PolicySnapshot,
    PolicySource,
)
from doorward.services.ports.records import (
    Accounts,
    ApiKeys,
    AuditTrail,
    EncryptionKeys,
    FactsSource,
    KeptAnswers,
    Records,
    Sessions,
    Tenants,
    Throttles,
    Transaction,
)
from doorward.services.ports.secrets import Hasher, OneTimeCodes, RecoveryCodes, Secrets, Vault

__all__ = [
    "Accounts",
    "ApiKeys",
    "AuditTrail",
    "Clock",
    "DeclaredPolicy",
    "EncryptionKeys",
    "FactsSource",
    "Hasher",
    "KeptAnswers",
    "LastGoodPolicy",
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
    "Tenants",
    "Throttles",
    "Transaction",
    "Vault",
]
