"""Secrets: encrypted, hashed, made. The only room that imports cryptography."""

from doorward.crypto.master_key import read_master_key, read_or_make_master_key
from doorward.crypto.vault import Vault
from doorward.crypto.wrapping import new_key, rewrap

__all__ = ["Vault", "new_key", "read_master_key", "read_or_make_master_key", "rewrap"]
