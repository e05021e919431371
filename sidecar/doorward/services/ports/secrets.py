"""What services need of cryptography."""

from typing import Protocol

from doorward.domain.encryption import Place


class Vault(Protocol):
    """Seals values for the database, and indexes them blindly."""

    @property
    def newest_key_id(self) -> str:
        """The key that values are sealed with now."""
        ...

    def seal(self, text: str, place: Place) -> str:
        """The text encrypted, bound to its place."""
        ...

    def open(self, sealed: str, place: Place) -> str:
        """The text of a sealed one. Raises EncryptionFailed where it was moved, damaged, or the key is not there."""
        ...

    def key_id(self, sealed: str) -> str:
        """Which key a text was sealed with."""
        ...

    def blind_index(self, kind: str, text: str) -> str:
        """A keyed hash of a text, by which it is found again."""
        ...

    def fingerprint(self, data: bytes) -> str:
        """A keyed hash of bytes, by which it is told whether they are the same."""
        ...


class Hasher(Protocol):
    """Hashes passwords, slowly on purpose. Raises Busy where too many wait."""

    def hash(self, password: str) -> str:
        """A PHC string for a password. Raises BadRequest where it is too long."""
        ...

    def verify(self, password: str, phc: str | None) -> bool:
        """Whether it is the password. Costs the same whatever it is, and without a stored one."""
        ...

    def check_phc(self, phc: str) -> None:
        """Raise BadRequest for a string that is no Argon2id hash, or that would cost too much to verify."""
        ...

    def is_outdated(self, phc: str) -> bool:
        """Whether it was made with other parameters than today's."""
        ...


class OneTimeCodes(Protocol):
    """Time-based one-time codes (RFC 6238)."""

    def new_secret(self) -> bytes:
        """A new shared secret."""
        ...

    def matching_step(self, secret: bytes, code: str, now: int, after: int) -> int | None:
        """The time step of a code, if it is right at a time (epoch seconds) and later than the step `after`."""
        ...

    def provisioning_uri(self, secret: bytes, account: str, issuer: str) -> str:
        """The otpauth URI that apps read."""
        ...


class RecoveryCodes(Protocol):
    """Codes that work once each, in place of a one-time code."""

    def new_recovery_codes(self, count: int = 10) -> tuple[str, ...]:
        """New ones."""
        ...

    def recovery_digest(self, code: str) -> str:
        """How a recovery code is kept."""
        ...


class Secrets(Protocol):
    """Makes tokens and keys."""

    def new_token(self, prefix: str) -> str:
        """A random token that begins with `prefix_`."""
        ...

    def new_api_key(self) -> tuple[str, str]:
        """A key, and the beginning of it that people may see."""
        ...
