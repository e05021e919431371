"""The commits that changed the policy, and those that wait to, over HTTP."""

from datetime import UTC, datetime

from doorward.domain.callers import Caller
from doorward.domain.policy_changes import Logged, Proposed
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import PolicyChangeService
from doorward.web.http import Headers, Request, Response, json_response
from doorward.web.pages import page_of, read_page, read_query
from doorward.web.policy.wire import CommitList, LoggedCommit, Proposal, ProposalList, ProposedChange


class PolicyChangeEndpoints:
    """GET /v1/policy/revisions and GET /v1/policy/proposals."""

    def __init__(self, policy: PolicyService, changes: PolicyChangeService) -> None:
        self._policy = policy
        self._changes = changes

    def revisions(self, request: Request, _caller: Caller) -> Response:
        """Some commits of the branch that is followed."""
        start, count = read_page(request)
        found, following = page_of(self._changes.revisions(start, count + 1), start, count)
        answer = CommitList(items=[_commit(one) for one in found], next=following)
        return json_response(200, answer, revision_header(self._policy.current.revision))

    def proposals(self, request: Request, _caller: Caller) -> Response:
        """Every proposal that is not merged."""
        read_query(request, ())
        items = [_proposal(one) for one in self._changes.proposals()]
        return json_response(200, ProposalList(items=items, next=None), revision_header(self._policy.current.revision))


def proposed(change: Proposed) -> Response:
    """202: nothing is served differently, and the answer says which branch has to be merged."""
    return json_response(202, ProposedChange(commit=change.commit, branch=change.branch))


def revision_header(revision: str) -> Headers:
    """The header that says which policy an answer came from."""
    return [("doorward-revision", revision)]


def _commit(logged: Logged) -> LoggedCommit:
    return LoggedCommit(
        commit=logged.commit,
        author=logged.author,
        time=_time(logged.time),
        subject=logged.subject,
        reason=logged.reason,
        revision=logged.revision,
    )


def _proposal(logged: Logged) -> Proposal:
    return Proposal(
        branch=logged.branch or "",
        commit=logged.commit,
        author=logged.author,
        time=_time(logged.time),
        subject=logged.subject,
        reason=logged.reason,
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
