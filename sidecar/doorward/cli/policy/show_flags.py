"""How `doorward policy show` tells a person of feature flags: the flags, their rules, and segments."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from doorward.cli.terminal import table

_PERCENT: Final = 1_000
"""Weights are in thousandths of a percent."""


def show_flags(flags: Sequence[Mapping[str, Any]], segments: Mapping[str, str]) -> None:
    """Every flag with what is served where no rule holds; then rules in their order."""
    rows = [[one["key"], one["type"], _state(one), one["owner"] or "", one["description"] or ""] for one in flags]
    table(["flag", "type", "default", "owner", "description"], rows)
    rules = [[rule["place"], one["key"], _condition(rule), _served(rule)] for one in flags for rule in one["rules"]]
    if rules:
        click.echo("")
        table(["place", "flag", "if", "serves"], rules)
    if segments:
        click.echo("")
        table(["segment", "if"], [[name, text] for name, text in segments.items()])


def _state(flag: Mapping[str, Any]) -> str:
    """What is served where no rule holds, and what keeps rules from being asked."""
    if not flag["enabled"]:
        return f"{flag['off']} (disabled)"
    needs = [f"{key} is {' or '.join(variants)}" for key, variants in flag["requires"].items()]
    notes = [*(["unless the plan has it"] if flag["from_plan"] else []), *(f"requires that {one}" for one in needs)]
    default: str = flag["default"]
    return f"{default} ({', '.join(notes)})" if notes else default


def _condition(rule: Mapping[str, Any]) -> str:
    parts = [rule["when"]] if "when" in rule else []
    parts += [f"in {' or '.join(rule['segment'])}"] if "segment" in rule else []
    parts += [f"{word} {rule[word]}" for word in ("from", "until") if word in rule]
    return ", ".join(parts) or "always"


def _served(rule: Mapping[str, Any]) -> str:
    if "serve" in rule:
        return str(rule["serve"])
    shares = ", ".join(f"{name} {weight / _PERCENT:g} %" for name, weight in rule["split"].items())
    return f"{shares} by {rule['by']}"
