"""Durations as options have them: 45s, 30m, 12h, 90d."""

import re
from datetime import timedelta
from typing import Any, Final

import click

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOST_DAYS: Final = 36_500


class Duration(click.ParamType[timedelta]):
    """An option whose value is a number with a unit."""

    name = "duration"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """The duration; a usage error for anything else."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([0-9]{1,9})([smhd])", value)
        length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
        if length is None or length > timedelta(days=_MOST_DAYS):
            self.fail(f"{value!r} is no duration; write 45s, 30m, 12h or 90d", param, ctx)
        return length
