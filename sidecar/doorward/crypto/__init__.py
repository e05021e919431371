"""Secrets: encrypted, hashed, made. The only room that imports cryptography."""

from doorward.crypto.master_key import read_master_key, read_or_make_master_key
from doorward.crypto.passwords import PasswordHasher
from doorward.crypto.phc import check_phc
from doorward.crypto.vault import Vault
from doorward.crypto.wrapping import new_key, rewrap

__all__ = [
    "PasswordHasher",
    "Vault",
    "check_phc",
    "new_key",
    "read_master_key",
    "read_or_make_master_key",
    "rewrap",
]
