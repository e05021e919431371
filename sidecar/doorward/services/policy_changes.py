"""Policy changes: each is an edit of the files, a commit, and is answered once this process serves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.errors import ChangeNotServed, Conflict, DoorwardError
from doorward.domain.new_flags import NewFlag
from doorward.domain.new_plans import NewPlan
from doorward.domain.policy_changes import Edit, Logged, Note, Proposed, Written
from doorward.domain.roles import NewRole
from doorward.domain.rules import NewRule
from doorward.services.policy import PolicyService
from doorward.services.ports import PolicyEditor, PolicyRepository, PolicySnapshot

_NO_REPOSITORY: Final = (
    "this policy is only read; to change it, start the sidecar with --policy FOLDER (a git work tree) or GIT_URL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A change that is served, and the policy it is served with."""

    commit: str
    snapshot: PolicySnapshot


class PolicyChangeService:
    """The one writer of declared policy. `repository` is None where policy is only read."""

    def __init__(self, editor: PolicyEditor, repository: PolicyRepository | None, policy: PolicyService) -> None:
        self._editor = editor
        self._repository = repository
        self._policy = policy

    def create_role(self, role: NewRole, caller: Caller, reason: str) -> Applied | Proposed:
        """Declare a role. Raises Conflict, BadRequest, PolicyInvalid, ChangeNotServed, Busy."""
        return self._change(
            lambda files: self._editor.create_role(files, role), f"Create role {role.name}", caller, reason
        )

    def create_access_rule(self, rule: NewRule, caller: Caller, reason: str) -> Applied | Proposed:
        """Declare an access rule. Raises as `create_role`."""
        return self._change(
            lambda files: self._editor.create_rule(files, rule), f"Create rule {rule.name}", caller, reason
        )

    def create_flag(self, flag: NewFlag, caller: Caller, reason: str) -> Applied | Proposed:
        """Declare a flag. Raises as `create_role`."""
        return self._change(
            lambda files: self._editor.create_flag(files, flag), f"Create flag {flag.key}", caller, reason
        )

    def create_plan(self, plan: NewPlan, caller: Caller, reason: str) -> Applied | Proposed:
        """Declare a plan. Raises as `create_role`."""
        return self._change(
            lambda files: self._editor.create_plan(files, plan), f"Create plan {plan.name}", caller, reason
        )

    def delete_rule(self, name: str, caller: Caller, reason: str) -> Applied | Proposed:
        """Take an access rule away. Raises as `create_role`, and NotFound."""
        return self._change(lambda files: self._editor.delete_rule(files, name), f"Delete rule {name}", caller, reason)

    def revisions(self, start: int, count: int) -> Sequence[Logged]:
        """Some commits of the branch that is served, the newest first; nothing where policy is no repository."""
        return [] if self._repository is None else self._repository.revisions(start, count)

    def proposals(self) -> Sequence[Logged]:
        """The changes that wait to be merged."""
        return [] if self._repository is None else self._repository.proposals()

    def _change(self, edit: Edit, subject: str, caller: Caller, reason: str) -> Applied | Proposed:
        if self._repository is None:
            raise Conflict(_NO_REPOSITORY)
        note = Note.checked(subject=subject, author=caller.name, reason=reason)
        served: list[PolicySnapshot] = []
        made = self._repository.change(edit, note, lambda written: served.append(self._serve(written)))
        return made if isinstance(made, Proposed) else Applied(commit=made.commit, snapshot=served[-1])

    def _serve(self, written: Written) -> PolicySnapshot:
        """The policy with a commit, served from now on. Raises ChangeNotServed; the commit stays."""
        try:
            self._policy.reload()
        except DoorwardError as error:
            raise _not_served(written, str(error)) from error
        served = self._policy.current
        if served.revision == written.revision:
            return served
        if self._repository is None or not self._repository.includes(written.revision, within=served.revision):
            raise _not_served(written, "the source holds something else by now")
        return served


def _not_served(written: Written, why: str) -> ChangeNotServed:
    return ChangeNotServed(f"the change is committed as {written.commit}, but not served: {why}; see GET /v1/policy")
