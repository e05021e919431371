"""A journal of changes held against what a database holds: what is missing, half there, done twice or not accounted for."""

import contextlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from doorward.domain.database_address import DatabaseAddress
from doorward.store.facts_log import KEPT_VERSIONS
from support.record_clients import UNKNOWN, digest
from support.record_requests import Change

# What decisions do not read: such changes make no version of the facts.
_NO_FACTS = ("sessions.",)
_NOT_HALF = {
    "roles of nobody": (
        "SELECT r.account FROM role_assignment AS r LEFT JOIN account AS a ON a.id = r.account"
        " WHERE a.id IS NULL OR a.status = 'purged'"
    ),
    "live sessions of users who are not active": (
        "SELECT s.id FROM session AS s JOIN account AS a ON a.id = s.account"
        " WHERE s.revoked_at = 0 AND a.status <> 'active'"
    ),
    "keys without a secret": (
        "SELECT k.id FROM api_key AS k LEFT JOIN api_key_secret AS s ON s.api_key = k.id WHERE s.digest IS NULL"
    ),
    "users of purged tenants": (
        "SELECT a.id FROM account AS a JOIN tenant AS t ON t.id = a.tenant"
        " WHERE t.status = 'purged' AND a.status <> 'purged'"
    ),
    "requests without an answer": "SELECT key FROM kept_answer WHERE sealed IS NULL",
}


@dataclass(frozen=True)
class Contents:
    """What a database holds of the things of a storm."""

    states: Mapping[str, dict[str, Any]]
    audits: Mapping[str, Counter[str]]
    version: int
    touched: Mapping[int, set[str]]
    key_names: Mapping[str, str]
    half: Mapping[str, list[str]]


class _Reader:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str) -> Sequence[Any]:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        found: Sequence[Any] = cursor.fetchall()
        return found

    def grouped(self, sql: str) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for key, value in self.rows(sql):
            found[key].append(value)
        return found


@contextlib.contextmanager
def reading(address: DatabaseAddress) -> Iterator[Any]:
    """A connection of the driver's own, past everything that Doorward does."""
    connect = sqlite3.connect if address.is_sqlite else psycopg2.connect
    with contextlib.closing(connect(address.place)) as connection:
        yield connection


def read_contents(address: DatabaseAddress) -> Contents:
    """Read all of it."""
    with reading(address) as connection:
        reader = _Reader(connection)
        key_names = dict(reader.rows("SELECT id, name FROM api_key"))
        audits: dict[str, Counter[str]] = defaultdict(Counter)
        for request, action in reader.rows("SELECT request_id, action FROM audit_event"):
            audits[request or ""][action] += 1
        touched: dict[int, set[str]] = defaultdict(set)
        for version, kind, record in reader.rows("SELECT version, kind, record FROM facts_change"):
            touched[version].add(f"{kind}:{key_names.get(record, record)}")
        return Contents(
            states=_tenants(reader) | _users(reader) | _keys(reader, key_names),
            audits=audits,
            version=reader.rows("SELECT version FROM facts")[0][0],
            touched=touched,
            key_names=key_names,
            half={what: [row[0] for row in reader.rows(sql)] for what, sql in _NOT_HALF.items()},
        )


def _tenants(reader: _Reader) -> dict[str, dict[str, Any]]:
    crowds: dict[str, list[str]] = defaultdict(list)
    for user, status in reader.rows("SELECT id, status FROM account WHERE id LIKE '%-u%' ORDER BY id"):
        crowds[user.rpartition("-u")[0]].append(status)
    return {
        f"tenant:{name}": {"status": status, "name": shown, "users": crowds[name]}
        for name, status, shown in reader.rows("SELECT id, status, name FROM tenant")
    }


def _users(reader: _Reader) -> dict[str, dict[str, Any]]:
    roles = reader.grouped("SELECT account, role FROM role_assignment ORDER BY account, role")
    sessions = reader.grouped("SELECT account, digest FROM session WHERE revoked_at = 0")
    return {
        f"user:{name}": {
            "status": status,
            "first_name": first_name,
            "roles": roles.get(name, []),
            "sessions": sessions.get(name, []),
        }
        for name, status, first_name in reader.rows("SELECT id, status, first_name FROM account")
    }


def _keys(reader: _Reader, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    secrets = reader.grouped("SELECT api_key, digest FROM api_key_secret WHERE expires_at = 0")
    return {
        f"key:{names[key_id]}": {"revoked": revoked_at != 0, "secrets": secrets.get(key_id, [])}
        for key_id, revoked_at in reader.rows("SELECT id, revoked_at FROM api_key")
    }


@dataclass
class Verdict:
    """What is wrong, and what was looked at."""

    faults: list[str] = field(default_factory=list)
    acknowledged: int = 0
    repeated: int = 0
    unanswered_done: int = 0
    unanswered_undone: int = 0

    def told(self) -> str:
        return (
            f"{self.acknowledged} changes acknowledged ({self.repeated} of them asked for more than once), "
            f"{self.unanswered_done} done and {self.unanswered_undone} not done of those never answered"
        )


def judge(changes: Sequence[Change], contents: Contents, others: int) -> Verdict:
    """Hold a journal, in the order of each thing's changes, against what is there; `others` changed facts before it."""
    verdict = Verdict()
    verdict.faults += [f"{change.request}: {fault}" for change in changes for fault in change.faults]
    verdict.faults += [f"half there: {what}: {found[:5]}" for what, found in contents.half.items() if found]
    _judge_audits(changes, contents, verdict)
    _judge_states(changes, contents, verdict)
    _judge_facts(changes, contents, others, verdict)
    return verdict


def _was_done(change: Change, contents: Contents) -> bool:
    return change.status != 0 or change.request in contents.audits


def _judge_audits(changes: Sequence[Change], contents: Contents, verdict: Verdict) -> None:
    for change in changes:
        found = contents.audits.get(change.request, Counter())
        if change.status:
            verdict.acknowledged += 1
            verdict.repeated += change.tries > 1
        elif found:
            verdict.unanswered_done += 1
        else:
            verdict.unanswered_undone += 1
        if found != Counter(change.audits) and (change.status or found):
            verdict.faults.append(f"{change.request} ({change.status or 'not answered'}): audited as {dict(found)}")
    unknown = contents.audits.keys() - {change.request for change in changes}
    verdict.faults += [f"an audit row of nobody's request: {one}" for one in sorted(unknown) if one.startswith("p")]


def _judge_states(changes: Sequence[Change], contents: Contents, verdict: Verdict) -> None:
    expected: dict[str, dict[str, Any] | None] = {}
    for change in changes:
        expected.setdefault(change.thing, None)
        if _was_done(change, contents):
            expected[change.thing] = change.after
    for thing, wanted in expected.items():
        found = contents.states.get(thing)
        if (wanted is None) != (found is None) or (wanted and found and not _is_state(wanted, found)):
            verdict.faults.append(f"{thing}: {found} is there instead of {wanted}")


def _is_state(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    for name, value in found.items():
        expected = wanted[name]
        if name not in {"sessions", "secrets"}:
            if value != expected:
                return False
            continue
        known = {digest(secret) for secret in expected if secret != UNKNOWN}
        if len(value) != len(expected) or not known <= set(value):
            return False
    return True


def _judge_facts(changes: Sequence[Change], contents: Contents, others: int, verdict: Verdict) -> None:
    version, touched = contents.version, contents.touched
    first = max(1, version - KEPT_VERSIONS + 1)
    missing = [one for one in range(first, version + 1) if one not in touched]
    if missing or max(touched) != version:
        verdict.faults.append(f"facts are at {version}, the last change noted is {max(touched)}, without {missing[:5]}")
    of_facts = [one for one in changes if not all(action.startswith(_NO_FACTS) for action in one.audits)]
    done = sum(1 for one in of_facts if _was_done(one, contents))
    if version != done + others:
        verdict.faults.append(f"{done} changes of facts and {others} before them made {version} versions")
    versions = Counter(one.facts for one in of_facts if one.status)
    verdict.faults += [f"version {one} was answered to {count}" for one, count in versions.items() if count > 1]
    for change in of_facts:
        if change.status and change.facts >= first and _name_of(change) not in touched[change.facts]:
            verdict.faults.append(f"{change.request}: version {change.facts} touched {touched[change.facts]}")


def _name_of(change: Change) -> str:
    """What a change touches: an import touches the users."""
    is_import = change.thing.startswith("tenant:") and "users.create" in change.audits
    return f"user:{change.thing.partition(':')[2]}-u0" if is_import else change.thing
