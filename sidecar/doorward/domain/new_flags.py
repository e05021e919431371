"""A flag to be written into policies/flags.yaml, as somebody asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from doorward.domain.errors import BadRequest
from doorward.domain.flag_overrides import NewOverride
from doorward.domain.flags import MAX_KEY, Flag, FlagType, FlagValue
from doorward.domain.names import check_text

_ON, _OFF, _DEFAULT = "on", "off", "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlag:
    """A flag without rules: a boolean one has the variants on and off, any other one `default`."""

    key: str
    type: FlagType
    default_value: FlagValue
    description: str
    owner: str

    @classmethod
    def checked(cls, *, key: str, type: str, default_value: object, description: str, owner: str) -> "NewFlag":  # noqa: A002 - the member's name
        """Of what a caller sent. Raises BadRequest naming the member and the fix."""
        if not 0 < len(key) <= MAX_KEY or not key.isprintable() or key != key.strip():
            raise BadRequest(f"name must be 1 to {MAX_KEY} printable characters without blanks around them")
        if key.startswith("$"):
            raise BadRequest("name begins with $, and such keys are Doorward's own; call the flag otherwise")
        if type not in set(FlagType):
            raise BadRequest(f"type must be one of {', '.join(FlagType)}")
        check_text("description", description)
        check_text("owner", owner)
        NewOverride.checked(value=default_value, reason=None, expires_at=0, now=0)  # as large as a value may be
        kind = FlagType(type)
        probe = Flag(key=key, type=kind, variants={}, default="", off="")
        value = NewOverride(value=default_value, reason=None, expires_at=0).fitted(probe, "default_value")
        return cls(key=key, type=kind, default_value=value, description=description, owner=owner)

    @property
    def variants(self) -> Mapping[str, FlagValue]:
        """Its values by name."""
        return {_ON: True, _OFF: False} if self.type is FlagType.BOOLEAN else {_DEFAULT: self.default_value}

    @property
    def default(self) -> str:
        """The variant that it has."""
        if self.type is FlagType.BOOLEAN:
            return _ON if self.default_value is True else _OFF
        return _DEFAULT

    def declared(self, line: int) -> Flag:
        """The flag as the file declares it then, in a line."""
        return Flag(
            key=self.key,
            type=self.type,
            variants=MappingProxyType(dict(self.variants)),
            default=self.default,
            off=_OFF if self.type is FlagType.BOOLEAN else self.default,
            description=self.description or None,
            owner=self.owner or None,
            line=line,
        )
