"""The one writer: what is said in a commit, and what is answered when it is served, or is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from doorward.domain.callers import ALL_SCOPES, Caller
from doorward.domain.errors import BadRequest, ChangeNotServed, Conflict, PolicyInvalid, Problem, SourceUnreadable
from doorward.domain.policy_changes import Edit, Files, Logged, Note, Proposed, Written
from doorward.domain.roles import NewRole
from doorward.domain.rules import NewRule
from doorward.services.policy import PolicyService
from doorward.services.policy_changes import Applied, PolicyChangeService
from support.fake_policy import FakePolicy

BEFORE, AFTER = "dir:0000000000000001", "dir:0000000000000002"
CALLER = Caller("ops", ALL_SCOPES)
RULE = NewRule.checked(name="x", description="", resource="a", action="b", conditions={"min_role": "user"})
ROLE = NewRole.checked(name="editor", description="", permissions=[])


@dataclass
class Source:
    """Gives what it is told to, in turn."""

    given: list[str | Exception]
    name: str = "test"
    is_remote: bool = False

    def load(self, _pace: Callable[[], None], _previous: object) -> FakePolicy:
        one = self.given.pop(0)
        if isinstance(one, Exception):
            raise one
        return FakePolicy({}, revision=one)


class Editor:
    """Writes down what it is asked for."""

    def create_role(self, _files: Files, role: NewRole) -> Files:
        return {"created role": role.name.encode()}

    def create_rule(self, _files: Files, rule: NewRule) -> Files:
        return {"created rule": rule.name.encode()}

    def delete_rule(self, _files: Files, name: str) -> Files:
        return {"deleted rule": name.encode()}


@dataclass
class Repository:
    """Remembers what is committed; proposes it instead where it is for review."""

    review: bool = False
    known: tuple[str, ...] = ()
    commits: list[tuple[Files, Note]] = field(default_factory=list)

    def change(self, edit: Edit, note: Note, serve: Callable[[Written], None]) -> Written | Proposed:
        self.commits.append((edit({}), note))
        if self.review:
            return Proposed(commit="c", branch="doorward/x")
        written = Written(commit="c", revision=AFTER)
        serve(written)
        return written

    def revisions(self, _start: int, _count: int) -> Sequence[Logged]:
        return []

    def proposals(self) -> Sequence[Logged]:
        return []

    def includes(self, revision: str, *, within: str) -> bool:
        return revision in self.known and within in self.known


def service(repository: Repository | None, *given: str | Exception) -> PolicyChangeService:
    policy = PolicyService(Source([BEFORE, *given]), None, lambda: 0.0, lambda: None)
    policy.start()
    return PolicyChangeService(Editor(), repository, policy)


def test_each_change_is_one_commit_that_says_who_what_and_why() -> None:
    repository = Repository()
    changes = service(repository, AFTER, AFTER, AFTER)
    changes.create_role(ROLE, CALLER, "because")
    changes.create_access_rule(RULE, CALLER, "")
    changes.delete_rule("y", CALLER, "no more")
    assert repository.commits == [
        ({"created role": b"editor"}, Note(subject="Create role editor", author="ops", reason="because")),
        ({"created rule": b"x"}, Note(subject="Create rule x", author="ops", reason="")),
        ({"deleted rule": b"y"}, Note(subject="Delete rule y", author="ops", reason="no more")),
    ]


def test_a_change_is_answered_with_the_policy_that_is_served_with_it() -> None:
    made = service(Repository(), AFTER).create_access_rule(RULE, CALLER, "")
    assert isinstance(made, Applied)
    assert (made.commit, made.snapshot.revision) == ("c", AFTER)


def test_a_later_policy_that_holds_the_change_counts() -> None:
    later = "dir:0000000000000003"
    made = service(Repository(known=(AFTER, later)), later).create_access_rule(RULE, CALLER, "")
    assert isinstance(made, Applied)
    assert made.snapshot.revision == later


def test_a_change_that_waits_reads_nothing_again() -> None:
    made = service(Repository(review=True)).create_access_rule(RULE, CALLER, "")
    assert made == Proposed(commit="c", branch="doorward/x")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (PolicyInvalid([Problem(path="policies/access.csv", line=3, message="wrong")]), r"access\.csv:3: wrong"),
        (SourceUnreadable("no route to the host"), "no route to the host"),
        ("dir:0000000000000004", "something else by now"),
    ],
)
def test_a_change_that_is_committed_and_not_served_says_both(given: str | Exception, says: str) -> None:
    with pytest.raises(ChangeNotServed, match=f"committed as c, but not served: .*{says}"):
        service(Repository(), given).create_access_rule(RULE, CALLER, "")


def test_a_reason_of_two_lines_is_refused_before_anything_is_written() -> None:
    repository = Repository()
    with pytest.raises(BadRequest, match="reason"):
        service(repository).create_role(ROLE, CALLER, "a\nSigned-off-by: b")
    assert repository.commits == []


def test_a_policy_that_is_only_read_says_how_to_change_it() -> None:
    changes = service(None)
    with pytest.raises(Conflict, match="only read; to change it, start the sidecar with --policy"):
        changes.create_role(ROLE, CALLER, "")
    assert (changes.revisions(0, 10), changes.proposals()) == ([], [])
