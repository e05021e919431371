"""The examples of docs/reference/lint.md: for each code its bad, good and silenced trees."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from doorward.policy.lint import Live
from support.lint_overrides import live_override, live_plan
from support.trees import (
    ACCESS_MODEL,
    ACCESS_RULES,
    CATALOG,
    DIRECTORY,
    FLAGS,
    MODEL,
    PLANS,
    PLANS_CONF,
    PLANS_MODEL,
    ROOT,
    RULES,
    SECURITY,
)

PAGE = ROOT / "docs/reference/lint.md"
_SECTION = re.compile(r"^### (DW\d+) ([a-z-]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


_PATHS = {
    "conf": ACCESS_MODEL,
    "yaml": DIRECTORY,
    "yaml catalog": CATALOG,
    "yaml flags": FLAGS,
    "yaml security": SECURITY,
    "yaml tests": "policies/tests/access.yaml",
}
"""What a block of an example is, by the words behind its fence."""


class Example(NamedTuple):
    """What a section calls bad, good or silenced, the files it stands for, and what a sidecar has recorded."""

    code: str
    name: str
    kind: str
    files: Mapping[str, bytes]
    live: Live | None


def examples() -> list[Example]:
    """Every example of the page, in order."""
    found = []
    for code, name, text in _SECTION.findall(PAGE.read_text()):
        parts = re.split(r"^(Bad|Good|Silenced):\n", text, flags=re.MULTILINE)
        found += [
            Example(code, name, kind, _files(blocks := _BLOCK.findall(body)), _live(blocks))
            for kind, body in zip(parts[1::2], parts[2::2], strict=True)
        ]
    return found


def _files(blocks: list[tuple[str, str]]) -> Mapping[str, bytes]:
    files = {ACCESS_MODEL: MODEL, ACCESS_RULES: RULES}
    for info, text in blocks:
        match info.split():
            case ["csv"]:
                files[ACCESS_RULES] = RULES + text
            case ["csv", "only"]:
                files[ACCESS_RULES] = text
            case ["csv", "plans"]:
                files |= {PLANS_MODEL: PLANS_CONF, PLANS: text}
            case ["csv", times, "times"]:
                files[ACCESS_RULES] = "".join(
                    re.sub(r"\bN\b", str(number), text) for number in range(1, int(times) + 1)
                )
            case words if (path := _PATHS.get(" ".join(words))) is not None:
                files[path] = text
            case ["json", "overrides" | "tenant-plans"]:
                pass
            case ["tree"]:
                files = {path: files.get(path, RULES) for path in text.split()}
            case _:
                raise ValueError(f"an example with no meaning: ```{info}")
    return {path: text.encode() for path, text in files.items()}


def _live(blocks: list[tuple[str, str]]) -> Live | None:
    overrides, plans = (
        [one for info, text in blocks if info == f"json {what}" for one in json.loads(text)]
        for what in ("overrides", "tenant-plans")
    )
    if not overrides and not plans:
        return None
    return Live(overrides=[live_override(**one) for one in overrides], plans=[live_plan(**one) for one in plans])
