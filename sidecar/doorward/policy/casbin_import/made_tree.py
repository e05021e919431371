"""The tree that an import made: loaded with the engine, and its faults told with the lines of the old files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.policy.casbin_import.findings import Finding, Findings, Weight
from doorward.policy.casbin_import.left_out import OPENING, commented
from doorward.policy.casbin_import.model_import import ALLOW_ONLY
from doorward.policy.casbin_import.stock_model import StockModel
from doorward.policy.loading import load_snapshot
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import ACCESS_MODEL, ACCESS_RULES, Tree

_ROUNDS: Final = 20  # a load tells a hundred faults at once
_ALLOW: Final = re.compile(r"\ballow\b")
_MAY_DENY: Final = "without this row more may be allowed than the old program allowed: write it anew"


@dataclass(slots=True)
class MadeTree:
    """A model and lines of rules, line by line those of the old files, beside other files of the tree."""

    model: StockModel
    lines: list[str]
    about_model: Findings
    about_rules: Findings
    beside: dict[str, bytes]
    rules_left_out: int = 0
    roles_left_out: int = 0

    @property
    def files(self) -> dict[str, bytes]:
        """The two files that were made."""
        text, _ = self.model.written()
        return {ACCESS_MODEL: text.encode(), ACCESS_RULES: "".join(f"{line}\n" for line in self.lines).encode()}

    def load(self, pace: Callable[[], None], *, keep_going: bool) -> Snapshot | None:
        """The tree, or None after its faults were noted. Rows at fault are left out if the import is to keep going."""
        if keep_going:
            self.about_rules.found = [self._forgiven(one) for one in self.about_rules.found]
        faults: Sequence[Problem] = ()
        for _ in range(_ROUNDS):
            try:
                snapshot = load_snapshot(Tree({**self.beside, **self.files}), pace)
            except PolicyInvalid as error:
                faults = error.problems
            else:
                found = [*self.about_model.found, *self.about_rules.found]
                return None if any(one.weight is Weight.ERROR for one in found) else snapshot
            rows = {one.line: one.message for one in faults if one.path == ACCESS_RULES and one.line}
            if not keep_going or not rows or any(one.path != ACCESS_RULES for one in faults):
                break
            for line, message in rows.items():
                self._leave_out(line, message)
        self._note(faults)
        return None

    def _leave_out(self, line: int, message: str) -> None:
        text = self.lines[line - 1].strip()
        self.lines[line - 1] = commented("does-not-load", text)
        if text.startswith("g"):
            self.roles_left_out += 1
        else:
            self.rules_left_out += 1
        self.about_rules.found.append(
            self._forgiven(
                Finding(weight=Weight.ERROR, code="does-not-load", path=self.about_rules.path, line=line, what=message)
            )
        )

    def _forgiven(self, finding: Finding) -> Finding:
        """A row that does not load, after it was left out; a danger where it may have denied something."""
        if finding.weight is not Weight.ERROR or not finding.line:
            return finding
        if not self._may_deny(self.lines[finding.line - 1]):
            return replace(finding, weight=Weight.LEFT_OUT)
        do = f"{finding.do}; {_MAY_DENY}" if finding.do else _MAY_DENY
        return replace(finding, weight=Weight.DANGER, what=f"left out: {finding.what}", do=do)

    def _may_deny(self, line: str) -> bool:
        """Whether a row may deny something, or give a role that is denied something."""
        definitions = self.model.definitions
        if self.model.value("e") == ALLOW_ONLY or not any("eft" in self.model.names(key) for key in definitions):
            return False
        row = line.partition("): ")[2] if line.startswith(OPENING) else line.strip()
        return not row.startswith("p") or not _ALLOW.search(row)

    def _note(self, faults: Sequence[Problem]) -> None:
        """Each fault at the line of the old file that it comes from, unless that line is told already."""
        _, origins = self.model.written()
        told = {one.line for one in self.about_model.found if one.weight is Weight.ERROR}
        for fault in faults:
            if fault.path == ACCESS_RULES:
                self.about_rules.add(Weight.ERROR, "does-not-load", fault.line, fault.message)
            elif fault.path != ACCESS_MODEL:
                self.about_rules.found.append(
                    Finding(
                        weight=Weight.ERROR, code="does-not-load", path=fault.path, line=fault.line, what=fault.message
                    )
                )
            elif (line := origins[fault.line - 1] if 0 < fault.line <= len(origins) else 0) not in told:
                self.about_model.add(Weight.ERROR, "does-not-load", line, fault.message)
