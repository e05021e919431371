"""What follows what was accepted: by ancestry alone, whatever the commits' dates, and told apart from not knowing."""

import json
from pathlib import Path

import pytest

from doorward.domain.errors import PolicyInvalid, SourceUnreadable, StateUnusable
from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import Git, GitExceeded
from doorward.sources.git.source import GitSource
from doorward.sources.git.tree import MAX_BYTES
from support.git_repositories import Repository
from support.trees import tree


def source_of(repository: Repository, state: Path) -> GitSource:
    address = GitAddress.parse(repository.url)
    assert address is not None
    return GitSource(address, state, lambda: 1000.0, lambda _path: MAX_BYTES)


def dated(day: str) -> dict[str, str]:
    return {"GIT_AUTHOR_DATE": f"{day}T00:00:00Z", "GIT_COMMITTER_DATE": f"{day}T00:00:00Z"}


def test_a_commit_follows_another_whatever_their_dates_say(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    files = repository.tree(tree())
    tip = repository.point(repository.commit_tree(files, environment=dated("2030-01-01")))
    source = source_of(repository, tmp_path / "state")
    source.check(source.newest())
    source.accept(tip)
    for _ in range(12):
        tip = repository.commit_tree(files, tip, environment=dated("2026-01-01"))
    repository.point(tip)
    source.check(source.newest())
    repository.point(repository.commit_tree(files, environment=dated("2031-01-01")))
    with pytest.raises(PolicyInvalid, match="does not descend"):
        source.check(source.newest())


def test_whether_a_commit_follows_is_unknown_where_git_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(tmp_path / "policy.git")
    files = repository.tree(tree())
    first = repository.point(repository.commit_tree(files))
    source = source_of(repository, tmp_path / "state")
    source.check(source.newest())
    source.accept(first)
    repository.point(repository.commit_tree(files, first))
    newest = source.newest()
    run = Git.run

    def slow(git: Git, *arguments: str, **options: object) -> bytes:
        if arguments[0] == "merge-base":
            raise GitExceeded("git merge-base took longer than 30 s")
        return run(git, *arguments, **options)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(Git, "run", slow)
    with pytest.raises(SourceUnreadable, match="took longer"):
        source.check(newest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("at", 1e300, id="a time that is none"),
        pytest.param("at", float("nan"), id="no number"),
        pytest.param("commit", "--all", id="an option for a commit"),
    ],
)
def test_a_damaged_record_of_what_was_accepted_is_refused(name: str, value: object, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "policy.git")
    commit = repository.point(repository.commit_tree(repository.tree(tree())))
    source = source_of(repository, tmp_path / "state")
    source.check(source.newest())
    source.accept(commit)
    (record,) = (tmp_path / "state/git").glob("*.accepted")
    record.write_text(json.dumps({**json.loads(record.read_text()), name: value}))
    with pytest.raises(StateUnusable, match="is damaged"):
        _ = source.accepted


def test_the_record_is_written_beside_itself_and_beside_nothing_else(tmp_path: Path) -> None:
    """Where the mirror is made anew, in `NAME.new`, a record that a crash left half written must not be in the way."""
    repository = Repository(tmp_path / "policy.git")
    commit = repository.point(repository.commit_tree(repository.tree(tree())))
    source = source_of(repository, tmp_path / "state")
    source.check(source.newest())
    source.accept(commit)
    (record,) = (tmp_path / "state/git").glob("*.accepted")
    record.unlink()
    (record.parent / f"{record.name}.new").mkdir()
    with pytest.raises(PolicyInvalid, match="cannot be noted"):
        source.accept(commit)
