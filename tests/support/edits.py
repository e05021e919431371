"""The cases of tests/cases/edits: files before and after a change, byte for byte."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doorward.domain.new_plans import NewPlan
from doorward.domain.roles import NewRole
from doorward.domain.rules import NewRule
from doorward.policy.edit import Editor
from support.trees import ACCESS_RULES, CATALOG, PLANS, PLANS_MODEL, ROOT, tree

CASES = ROOT / "tests/cases/edits"
ENDINGS = {ACCESS_RULES: "csv", CATALOG: "yaml", PLANS: "plans.csv", PLANS_MODEL: "plans.conf"}


def names() -> list[str]:
    """Every case."""
    return sorted(path.name for path in CASES.iterdir())


def files_of(case: str, when: str) -> dict[str, bytes]:
    """A tree whose rules, catalog and plans are those of the case, before or after; plans have the default model."""
    files = tree()
    for path, ending in ENDINGS.items():
        file = CASES / case / f"{when}.{ending}"
        if file.exists():
            files[path] = file.read_bytes()
        elif when == "after" and (CASES / case / f"before.{ending}").exists():
            files[path] = (CASES / case / f"before.{ending}").read_bytes()
    if PLANS in files:
        files.setdefault(PLANS_MODEL, (ROOT / PLANS_MODEL).read_bytes())
    return files


def edited(case: str) -> Mapping[str, bytes]:
    """What the editor makes of a case."""
    edit = json.loads((CASES / case / "edit.json").read_text())
    return apply(edit, files_of(case, "before"))


def apply(edit: Mapping[str, Any], files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Make one change, as a case writes it."""
    editor = Editor()
    match edit:
        case {"create_rule": rule}:
            return editor.create_rule(files, NewRule.checked(**rule))
        case {"create_role": role}:
            return editor.create_role(files, NewRole.checked(**role))
        case {"create_plan": plan}:
            return editor.create_plan(files, NewPlan.checked(**plan))
        case {"delete_rule": name}:
            return editor.delete_rule(files, name)
    raise ValueError(f"no such edit: {edit}")


def write_after(folder: Path = CASES) -> None:
    """Write down what the editor makes of every case, for a person to look at."""
    for case in names():
        result = edited(case)
        given = files_of(case, "before")
        for path, ending in ENDINGS.items():
            if path in result and given.get(path) != result[path]:
                (folder / case / f"after.{ending}").write_bytes(result[path])
