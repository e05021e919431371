"""Secrets: encrypted, hashed, made. The only room that imports cryptography."""

from doorward.crypto.master_key import read_master_key, read_or_make_master_key
from doorward.crypto.passwords import PasswordHasher
from doorward.crypto.phc import check_phc
from doorward.crypto.recovery import new_recovery_codes, recovery_digest
from doorward.crypto.tokens import IssuedKey, new_api_key, new_token
from doorward.crypto.totp import matching_step, new_secret, provisioning_uri
from doorward.crypto.vault import Vault
from doorward.crypto.wrapping import new_key, opens, rewrap

__all__ = [
    "IssuedKey",
    "PasswordHasher",
    "Vault",
    "check_phc",
    "matching_step",
    "new_api_key",
    "new_key",
    "new_recovery_codes",
    "new_secret",
    "new_token",
    "opens",
    "provisioning_uri",
    "read_master_key",
    "read_or_make_master_key",
    "recovery_digest",
    "rewrap",
]
