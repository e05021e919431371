"""policies/catalog.yaml to a Catalog. A role, plan or meter that stands here exists, also without a row."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from doorward.domain.access import check_type
from doorward.domain.catalog import (
    Aggregation,
    Catalog,
    Descriptions,
    LimitEntry,
    LimitKind,
    Meter,
    SubscriptionStatus,
    WhenUnavailable,
)
from doorward.domain.errors import BadRequest
from doorward.domain.plans import MAX_DAYS, MAX_PRICE, Per, PlanEntry
from doorward.engine import Problems
from doorward.policy.fields import Fields, listed
from doorward.policy.yaml_reader import Located, read_yaml

_SECTIONS: Final = ("plans", "meters", "limits", "roles", "rules")
_KEYS: Final = ("currency", "counts_as_subscribed", "after_end", "suspended_may", *_SECTIONS)
_PLAN_KEYS: Final = ("name", "description", "price_monthly", "price_yearly", "trial_days", "grace_days")
_METER_KEYS: Final = ("unit", "aggregation", "per")
_LIMIT_KEYS: Final = ("kind", "when_unavailable")
_DESCRIBED_KEYS: Final = ("description",)
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z")
Entry = TypeVar("Entry")


def read_catalog(text: str, problems: Problems) -> Catalog:
    """Read the file; faults go to `problems` and what they spoil is left out."""
    top = read_yaml(text, problems)
    if top is None:
        return Catalog()
    fields, without = Fields(top, problems), Catalog()
    fields.only(_KEYS)
    counts = fields.choices("counts_as_subscribed", SubscriptionStatus)
    return Catalog(
        currency=_currency(fields) or without.currency,
        counts_as_subscribed=without.counts_as_subscribed if counts is None else frozenset(counts),
        after_end=fields.name("after_end"),
        suspended_may=_suspended_may(fields),
        plans=_section("plans", fields, _plan),
        meters=_section("meters", fields, _meter),
        limits=_section("limits", fields, _limit),
        roles=_descriptions("roles", fields),
        rules=_descriptions("rules", fields),
        lines=MappingProxyType(
            {"": top.lines} | {one: top[one].lines for one in _SECTIONS if isinstance(top.get(one), Located)}
        ),
    )


def _currency(fields: Fields) -> str | None:
    currency = fields.text("currency")
    if currency is not None and not _CURRENCY.match(currency):
        fields.fault("currency", f"currency must be the three letters of ISO 4217, like USD, not {currency!r}")
    return currency


def _suspended_may(fields: Fields) -> frozenset[tuple[str, str]]:
    key = "suspended_may"
    found = []
    for value in fields.values(key, "[view on invoices]") or ():
        action, on, kind = value.partition(" on ") if isinstance(value, str) else ("", "", "")
        if not on or not _is_plain(action) or not _is_type(kind):
            fields.fault(key, f"{key} holds {value!r}; write `ACTION on TYPE`, like `view on invoices`")
        else:
            found.append((action, kind))
    return frozenset(found)


def _is_plain(action: str) -> bool:
    return action.isprintable() and not any(one.isspace() or one == "*" for one in action) and bool(action)


def _is_type(kind: str) -> bool:
    try:
        check_type("type", kind)
    except BadRequest:
        return False
    return True


def _section(key: str, fields: Fields, read: Callable[[str, Fields], Entry]) -> Mapping[str, Entry]:
    """The entries of a section whose names rows could hold."""
    found = {}
    for name, entry in fields.entries(key).items():
        if entry.checked_name(f"a name in {key}", name) is not None:
            found[name] = read(name, entry)
    return MappingProxyType(found)


def _plan(name: str, entry: Fields) -> PlanEntry:
    entry.only(_PLAN_KEYS)
    return PlanEntry(
        title=entry.text("name") or name,
        description=entry.text("description"),
        price_monthly=entry.number("price_monthly", 0, MAX_PRICE) or 0,
        price_yearly=entry.number("price_yearly", 0, MAX_PRICE) or 0,
        trial_days=entry.number("trial_days", 0, MAX_DAYS) or 0,
        grace_days=entry.number("grace_days", 0, MAX_DAYS) or 0,
    )


def _meter(name: str, entry: Fields) -> Meter:
    entry.only(_METER_KEYS)
    if entry.entry.get("aggregation") is None:
        entry.fault("aggregation", f"the meter {name!r} has no aggregation; write {listed([*Aggregation], 'or')}")
    aggregation = entry.choice("aggregation", Aggregation)
    return Meter(unit=entry.text("unit"), aggregation=aggregation or Aggregation.SUM, per=entry.choice("per", Per))


def _limit(_name: str, entry: Fields) -> LimitEntry:
    entry.only(_LIMIT_KEYS)
    return LimitEntry(
        kind=entry.choice("kind", LimitKind) or LimitKind.HARD,
        when_unavailable=entry.choice("when_unavailable", WhenUnavailable) or WhenUnavailable.DENY,
    )


def _descriptions(key: str, fields: Fields) -> Descriptions:
    return MappingProxyType({name: _description(entry) for name, entry in fields.entries(key).items()})


def _description(entry: Fields) -> str | None:
    entry.only(_DESCRIBED_KEYS)
    return entry.text("description")
