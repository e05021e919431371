"""Argon2id hashes as text, read and written: `$argon2id$v=19$m=...,t=...,p=...$SALT$TAG`.

The form is the PHC string format's; what it may ask for is bounded, because whoever imports hashes writes it.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from doorward.domain.errors import BadRequest

MAX_MEMORY_KIB: Final = 64 * 1024
MAX_ITERATIONS: Final = 10
MAX_LANES: Final = 4
SALT_BYTES: Final = range(8, 65)
TAG_BYTES: Final = range(16, 65)
_LEAST_KIB_A_LANE: Final = 8  # RFC 9106, section 3.1
_NUMBER: Final = "([1-9][0-9]{0,6})"
_DATA: Final = "([A-Za-z0-9+/]{1,88})"
_PHC: Final = re.compile(rf"\$argon2id\$v=19\$m={_NUMBER},t={_NUMBER},p={_NUMBER}\${_DATA}\${_DATA}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """What a derivation costs: memory, passes over it, and lanes."""

    memory_kib: int
    iterations: int
    lanes: int

    def is_bounded(self) -> bool:
        """Whether it can be derived here without stalling others."""
        enough = self.memory_kib >= _LEAST_KIB_A_LANE * self.lanes
        small = self.memory_kib <= MAX_MEMORY_KIB and self.iterations <= MAX_ITERATIONS and self.lanes <= MAX_LANES
        return enough and small


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordHash:
    """A stored hash."""

    cost: Argon2Cost
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    def text(self) -> str:
        """The PHC string."""
        cost = f"m={self.cost.memory_kib},t={self.cost.iterations},p={self.cost.lanes}"
        return f"$argon2id$v=19${cost}${_base64(self.salt)}${_base64(self.tag)}"


def parsed_phc(text: str) -> PasswordHash | None:
    """The hash that a text stands for, or None: another algorithm or version, out of bounds, or spelled otherwise."""
    found = _PHC.fullmatch(text)
    if found is None:
        return None
    memory_kib, iterations, lanes = (int(number) for number in found.group(1, 2, 3))
    cost = Argon2Cost(memory_kib=memory_kib, iterations=iterations, lanes=lanes)
    salt, tag = _bytes(found[4]), _bytes(found[5])
    if not cost.is_bounded() or len(salt) not in SALT_BYTES or len(tag) not in TAG_BYTES:
        return None
    return PasswordHash(cost=cost, salt=salt, tag=tag)


def check_phc(text: str) -> None:
    """Raise BadRequest unless a hash from elsewhere can be verified here; the message never shows it."""
    if parsed_phc(text) is None:
        raise BadRequest(
            "password_hash must be an Argon2id PHC string ($argon2id$v=19$m=...,t=...,p=...$SALT$TAG) with "
            f"m <= {MAX_MEMORY_KIB}, t <= {MAX_ITERATIONS}, p <= {MAX_LANES}, a salt of {SALT_BYTES.start} to "
            f"{SALT_BYTES.stop - 1} bytes and a tag of {TAG_BYTES.start} to {TAG_BYTES.stop - 1}; "
            "leave it out, and let the user set a new password"
        )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """The bytes of unpadded base64, or none at all where they would be spelled otherwise."""
    if len(text) % 4 == 1:
        return b""
    data = base64.b64decode(text + "=" * (-len(text) % 4))
    return data if _base64(data) == text else b""
