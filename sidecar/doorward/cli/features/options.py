"""What options of `doorward features` mean: values of a flag's type, contexts, times."""

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from doorward.cli.asking import Option
from doorward.cli.records.commands import JsonObject

TYPES: Final = ("boolean", "string", "integer", "float", "object")
_BOOLEANS: Final = {"true": True, "false": False}
_LIKE: Final = {
    "boolean": "true or false",
    "integer": "a whole number",
    "float": "a number",
    "object": 'a JSON object, like {"colour": "red"}',
}


class Moment(click.ParamType[datetime]):
    """An option whose value is a time."""

    name = "time"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """The time, in UTC where it names no zone; a usage error for anything else."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 2027-01-31T12:00:00Z, or a day", param, ctx)


class ContextObject(JsonObject):
    """An option whose value is a JSON object, or a file that holds one."""

    name = "file|json"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> dict[str, Any]:
        """The object; a usage error for anything else."""
        if value.lstrip().startswith("{"):
            return super().convert(value, param, ctx)
        try:
            text = Path(value).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            self.fail(f"{value!r} cannot be read: {error}; give a file, or a JSON object", param, ctx)
        return super().convert(text, param, ctx)


def value_of_type(kind: str, text: str, option: str) -> Any:  # noqa: ANN401 - the value of a flag of any type
    """What an option says, as a flag of the type has it; a usage error where it does not fit."""
    found = _read(kind, text)
    if found is None:
        article = "an" if kind[0] in "aeiou" else "a"
        raise click.BadParameter(
            f"{text!r} is no value of {article} {kind} flag; give {_LIKE[kind]}", param_hint=option
        )
    return found


def _read(kind: str, text: str) -> object:
    match kind:
        case "string":
            return text
        case "boolean":
            return _BOOLEANS.get(text.lower())
        case "integer":
            return int(text) if re.fullmatch(r"[+-]?[0-9]{1,30}", text) else None
        case "float":
            return _number(text)
        case _:
            return _object(text)


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _object(text: str) -> object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


tenant_option: Option = click.option("--tenant-id", metavar="ID", help="For which tenant.")
user_option: Option = click.option("--user-id", metavar="ID", help="For which user: the targeting key.")
context_option: Option = click.option(
    "--context", type=ContextObject(), help="What rules read as r.ctx.context: JSON, or a file that holds it."
)
at_option: Option = click.option("--at", type=Moment(), metavar="TIME", help="At another time than now.")
