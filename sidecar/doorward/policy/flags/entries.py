"""One entry of policies/flags.yaml to a flag."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from doorward.domain.flags import MAX_INTEGER, OVERRIDE, Flag, FlagRule, FlagType, FlagValue, fitting
from doorward.policy.fields import Fields, listed
from doorward.policy.flags.pieces import exact_text, is_printable_name, name_fault, shown
from doorward.policy.flags.rules import RuleReader
from doorward.policy.yaml_reader import Located

FLAG_KEYS: Final = (
    "type", "description", "owner", "variants", "default", "off", "enabled", "salt", "expires", "requires",
    "from_plan", "rules",
)  # fmt: skip
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_WANTED: Final[Mapping[FlagType, str]] = {
    FlagType.BOOLEAN: "true or false",
    FlagType.STRING: "a text; quote it",
    FlagType.INTEGER: f"a whole number from -{MAX_INTEGER} to {MAX_INTEGER}, which every client can hold",
    FlagType.FLOAT: "a number",
    FlagType.OBJECT: "a mapping, `{name: value}`",
}
_A: Final = {kind: f"{'an' if kind.value[0] in 'io' else 'a'} {kind.value}" for kind in FlagType}
_ON_OFF: Final[Mapping[str, FlagValue]] = {"on": True, "off": False}


class FlagReader:
    """Reads one entry."""

    def __init__(self, key: str, fields: Fields, segments: Collection[str]) -> None:
        self._key = key
        self._fields = fields
        self._segments = segments

    def read(self, is_feature: bool | None) -> Flag | None:  # noqa: FBT001 - a fact about the key
        """The flag, if enough of it is right to go on with it; `is_feature` is None where nobody knows."""
        fields = self._fields
        fields.only(FLAG_KEYS)
        kind = self._type()
        from_plan = self._from_plan(kind, is_feature=is_feature)
        variants = self._variants(kind)
        salt = exact_text(fields, "salt") or self._key
        rules = RuleReader(fields, variants, self._segments, salt).read()
        default = self._variant("default", variants) or self._implied_default(kind, variants, from_plan=from_plan)
        if from_plan and kind is FlagType.BOOLEAN and default is not None:
            self._check_plan_default(default, variants)
        off = self._variant("off", variants) or _off(kind, variants) or default
        expires = self._expires()
        description, owner, is_enabled = fields.text("description"), fields.text("owner"), fields.flag("enabled")
        if kind is None or default is None or off is None:
            return None
        return Flag(
            key=self._key,
            type=kind,
            variants=MappingProxyType(variants),
            default=default,
            off=off,
            description=description,
            owner=owner,
            is_enabled=is_enabled is not False,
            expires=expires,
            requires=MappingProxyType(self._requires()),
            from_plan=from_plan,
            rules=_within(rules, variants),
            line=fields.at,
        )

    def _type(self) -> FlagType | None:
        if self._fields.entry.get("type") is None:
            self._fields.fault("type", f"the flag {self._key!r} has no type; write {listed([*FlagType], 'or')}")
        return self._fields.choice("type", FlagType)

    def _from_plan(self, kind: FlagType | None, *, is_feature: bool | None) -> bool:
        fields = self._fields
        from_plan = fields.flag("from_plan") is True
        if is_feature and not from_plan:
            fix = "write `from_plan: true` to add rules to it, or call the flag otherwise"
            fields.fault("from_plan", f"{self._key!r} is a feature of plans; {fix}")
        if from_plan and is_feature is False:
            fix = "add a p2 row to policies/plans.csv, or leave from_plan out"
            fields.fault("from_plan", f"no plan has the feature {self._key!r}; {fix}")
        if from_plan and kind not in {None, FlagType.BOOLEAN}:
            fields.fault("type", "a plan has a feature or has it not: with from_plan a flag is boolean")
        return from_plan

    def _variants(self, kind: FlagType | None) -> dict[str, FlagValue]:
        given = self._fields.entry.get("variants")
        if given is None and kind in {None, FlagType.BOOLEAN}:
            return {} if kind is None else dict(_ON_OFF)
        if not isinstance(given, Located) or not given:
            self._fields.fault("variants", f"the flag {self._key!r} needs variants, `variants: {{NAME: VALUE}}`")
            return {}
        fields = Fields(given, self._fields.problems)
        return {name: _value(name, kind, fields) for name in given}

    def _variant(self, key: str, variants: Collection[str]) -> str | None:
        name = self._fields.entry.get(key)
        if name is None:
            return None
        if isinstance(name, str) and (name in variants or not variants):
            return name
        self._fields.fault(key, f"{key} is {name!r}, which is none of its variants {shown(variants)}")
        return next(iter(variants), None)

    def _implied_default(
        self, kind: FlagType | None, variants: Mapping[str, FlagValue], *, from_plan: bool
    ) -> str | None:
        off = _off(kind, variants)
        if off is None or not from_plan:
            fix = f"write `default: {next(iter(variants), 'NAME')}`"
            self._fields.fault("default", f"the flag {self._key!r} has no default; name the variant, {fix}")
        return off

    def _check_plan_default(self, default: str, variants: Mapping[str, FlagValue]) -> None:
        if variants.get(default) is not False:
            self._fields.fault(
                "default", "with from_plan the default is a variant that is false: the plan says who has it"
            )
        elif True not in variants.values():
            self._fields.fault("variants", "with from_plan one of the variants is true, for those whose plan has it")

    def _expires(self) -> date | None:
        text = self._fields.entry.get("expires")
        if text is None:
            return None
        try:
            if isinstance(text, str) and _DATE.match(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self._fields.fault("expires", f"expires {text!r} is no day; write it like 2026-12-31")
        return None

    def _requires(self) -> dict[str, tuple[str, ...]]:
        given = self._fields.entry.get("requires")
        if given is None:
            return {}
        if not isinstance(given, Located):
            self._fields.fault("requires", "requires must be a mapping, `FLAG: VARIANT` or `FLAG: [VARIANT, VARIANT]`")
            return {}
        fields = Fields(given, self._fields.problems)
        return {key: _names(key, fields) for key in given}


def _names(key: str, fields: Fields) -> tuple[str, ...]:
    value = fields.entry[key]
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(one, str) for one in names):
        fields.fault(key, f"{key!r} is required with {value!r}; name a variant, or a list of them")
        return ()
    return tuple(dict.fromkeys(names))


def _value(name: str, kind: FlagType | None, fields: Fields) -> FlagValue:
    value = fields.entry[name]
    if not is_printable_name(name) or name == OVERRIDE:
        taken = f"{OVERRIDE!r} is what answers call a tenant's own value; name the variant otherwise"
        fields.fault(name, taken if name == OVERRIDE else name_fault("a variant", name))
    if kind is None:
        return False
    fitted = fitting(kind, _plain(value))
    if fitted is None:
        fields.fault(name, f"the variant {name!r} is {_kind_of(value)}; {_A[kind]} flag needs {_WANTED[kind]}")
        return False
    return fitted


def _kind_of(value: object) -> str:
    return (
        repr(value)
        if isinstance(value, str | int | float | None)
        else "a list"
        if isinstance(value, list)
        else "a mapping"
    )


def _plain(value: object) -> object:
    """A value without the lines of its keys."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _off(kind: FlagType | None, variants: Mapping[str, FlagValue]) -> str | None:
    """The first variant that is false, of a boolean flag."""
    if kind is not FlagType.BOOLEAN:
        return None
    return next((name for name, value in variants.items() if value is False), None)


def _within(rules: tuple[FlagRule, ...], variants: Collection[str]) -> tuple[FlagRule, ...]:
    """Rules that serve what is there: the others were noted."""
    return tuple(rule for rule in rules if rule.split is not None or rule.serve in variants)
