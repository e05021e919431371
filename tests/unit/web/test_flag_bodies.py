"""Bodies that differ in the targeting key alone are read once, and ask what each of them asks by itself."""

import json
from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.callers import Caller
from doorward.domain.errors import DoorwardError
from doorward.domain.facts import TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.services.facts import NothingRecorded
from doorward.services.flag_questions import OfAnother
from doorward.services.flags import FlagService
from doorward.web.flags.bodies import FlagBodies
from doorward.web.http import Request
from support.trees import FLAGS, RULES, tree

ANYBODY = Caller("c", frozenset())
OF_ACME = Caller("c", frozenset(), "acme")
DECLARED = "subjects: {user: {declared: {country: DE}}}\n"
PLAIN = """\
from_de: {type: boolean, default: off, rules: [{when: r.ctx.context.country == 'DE', serve: on}]}
by_user: {type: boolean, default: off, rules: [{split: {on: 30, off: 70}, by: user}]}
by_country: {type: boolean, default: off, rules: [{split: {on: 30, off: 70}, by: r.ctx.context.country}]}
after_split: {type: boolean, default: off, requires: {by_user: on}, rules: [{when: r.ctx.context.country == 'DE', serve: on}]}
"""
WHOM = "ann: {type: boolean, default: off, rules: [{when: r.ctx.subject.id == 'ann', serve: on}]}\n"
COUNTRY = "de: {type: boolean, default: off, rules: [{when: r.ctx.subject.country == 'DE', serve: on}]}\n"
ROLES = "viewer: {type: boolean, default: off, rules: [{when: \"contains(r.ctx.subject.roles, 'x')\", serve: on}]}\n"
TIMED = "late: {type: boolean, default: off, rules: [{from: 1970-01-01T00:00:20Z, serve: on}]}\n"
CLOCK = "clock: {type: boolean, default: off, rules: [{when: r.ctx.env.time > 15, serve: on}]}\n"


class Recorded(NothingRecorded):
    """One user and one tenant, which has values of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.has_users = True
        self._own = TenantOverrides()

    def user(self, user_id: str) -> UserFacts | None:
        if user_id != "recorded":
            return None
        return UserFacts("recorded", "acme", UserStatus.ACTIVE, (), "r", "R", "R")

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        return TenantFacts(tenant_id, "A", None, "p", TenantStatus.ACTIVE, {}) if tenant_id == "acme" else None

    def overrides(self, tenant_id: str) -> TenantOverrides:
        return self._own if tenant_id == "acme" else TenantOverrides()

    def record(self, flag: str, *, value: bool) -> None:
        """A value that the tenant has from now on."""
        self._own = TenantOverrides([(flag, value, 0)])


class Asking:
    """Bodies as they are asked, and as each of them is by itself."""

    def __init__(self, flags: str) -> None:
        files = tree(RULES, directory=DECLARED) | {FLAGS: flags.encode()}
        self.policy: Snapshot = load_snapshot(Tree(files))
        self.facts = Recorded()
        self.now = 10.0
        self.applied = 1
        self._bodies, self._alone = (self._asking(most_bytes) for most_bytes in (1 << 20, 0))

    def _asking(self, most_bytes: int) -> FlagBodies:
        def clock() -> float:
            return self.now

        facts: Any = SimpleNamespace(memory=self.facts, reading=self.facts)
        return FlagBodies(FlagService(clock), facts, clock, most_bytes)

    def __call__(self, body: bytes, caller: Caller = ANYBODY) -> bool:
        """Ask, and say whether the question was known but for the user."""
        said, is_known = self._said(self._bodies, body, caller)
        alone, was_known = self._said(self._alone, body, caller)
        assert said == alone, body
        assert not was_known
        return is_known

    def _said(self, bodies: FlagBodies, body: bytes, caller: Caller) -> tuple[object, bool]:
        request = Request({}.get, body, "127.0.0.1", is_local=True)
        try:
            question = bodies.question(request, caller, self.policy, self.applied)
        except DoorwardError as error:
            return (type(error), str(error)), False
        keys = self.policy.flags.keys
        answers: Sequence[object] = question.evaluate_all()
        assert answers == [question.evaluate(key) for key in keys] == question.evaluate_some(keys)
        case = question.case()
        seen = None if case is None else (case.kind, case.keys)
        return (answers, seen, question.now, question.until), isinstance(question, OfAnother)


def body_of(key: object = "ann", country: object = "DE", **more: object) -> bytes:
    return json.dumps({"context": {"targetingKey": key, "country": country, **more}}).encode()


def test_the_third_body_that_differs_in_the_key_alone_is_known() -> None:
    ask = Asking(PLAIN)
    assert [ask(body_of(f"user-{number}")) for number in range(5)] == [False, False, True, True, True]
    assert [ask(body_of("ann", to)) for to in ("FR", "DE", "FR", "FR")] == [False, True, False, True]


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(PLAIN + WHOM, id="the subject"),
        pytest.param(PLAIN + COUNTRY, id="an attribute that some subjects have"),
        pytest.param(PLAIN + TIMED, id="a schedule"),
    ],
)
def test_what_conditions_read_is_that_of_the_user(flags: str) -> None:
    ask = Asking(flags)
    known = [ask(body_of(key)) for key in ("bob", "cyd", "ann", "recorded", "declared", "dan", "recorded", "declared")]
    assert known == [False, False, True, False, False, True, False, False]


@pytest.mark.parametrize("flags", [pytest.param(PLAIN + ROLES, id="roles"), pytest.param(PLAIN + CLOCK, id="the time")])
def test_where_more_than_the_id_may_differ_nothing_is_known(flags: str) -> None:
    ask = Asking(flags)
    known = [ask(body_of(f"user-{number}")) for number in range(5)]
    assert known == [False] * 5


def test_what_begins_later_begins_for_what_is_known() -> None:
    ask = Asking(PLAIN + TIMED)
    known = []
    for ask.now in (10.0, 10.0, 19.9, 20.0, 20.1, 20.2):
        known.append(ask(body_of(f"user-{ask.now}")))
    assert known == [False, False, True, False, True, True]


def test_what_is_known_ends_with_the_facts_and_the_policy_that_it_was_made_from() -> None:
    ask = Asking(PLAIN)
    ask.facts.record("from_de", value=False)
    assert [ask(body_of(f"user-{number}", tenant="acme")) for number in range(3)] == [False, False, True]

    ask.facts.record("from_de", value=True)
    ask.applied += 1
    assert [ask(body_of(f"user-{number}", tenant="acme")) for number in range(2)] == [False, True]

    ask.policy = Asking(PLAIN + WHOM).policy
    assert [ask(body_of(f"user-{number}", tenant="acme")) for number in range(2)] == [False, True]


def test_callers_of_a_tenant_know_nothing_of_what_others_asked() -> None:
    ask = Asking(PLAIN)
    ask.facts.record("from_de", value=False)
    keys = ("ann", "bob", "cyd", "recorded")
    assert [ask(body_of(key)) for key in keys] == [False, False, True, False]
    assert [ask(body_of(key), OF_ACME) for key in keys] == [False, False, True, False]


KEYS = ("ann", "bob", "*", " ", "", "käse", "a:b", "somebody-else", 'a"b', "a\\b", "a\nb", "\x7f", "x" * 513, 5, None)


def test_keys_that_nobody_has_are_refused_as_ever() -> None:
    ask = Asking(PLAIN + WHOM)
    for key, ascii_only in product(KEYS * 3, (True, False)):
        ask(json.dumps({"context": {"targetingKey": key}}, ensure_ascii=ascii_only).encode())


FRAMES = (
    b'{"context": {"targetingKey": "%s", "x": {"targetingKey": "ann"}}}',
    b'{"context": {"x": {"targetingKey": "%s"}, "targetingKey": "ann"}}',
    b'{"context": {"x": {"targetingKey": "ann"}, "targetingKey": "%s"}}',
    b'{"context": {"x": [{"targetingKey":"%s"}], "country": "DE"}}',
    b'{"targetingKey": "%s", "context": {"targetingKey": "ann"}}',
    b'{"targetingKey": "%s", "context": {}}',
    b'{"context": {"targetingKey":"%s"}, "context": {"targetingKey": "ann"}}',
    b'{"context": {"targetingKey": "%s", "targetingKey": "ann"}}',
    b'{"context": {"targetingKey" :"%s"}}',
    b'{"context": {"targetingKey":  "%s"}}',
    b'{"context": {"targetingKey": "%s", "country": "\\"targetingKey\\": \\"ann\\""}}',
    b'{"context": {"country\\"targetingKey": "%s", "targetingKey": "ann"}}',
    b'{"context": {"country": "ann", "targetingKey": "%s"}}',
    b'{"context": {"tenant": "acme", "targetingKey": "%s"}}',
    b'{"context": {"tenant": "%s", "targetingKey": "%s"}}',
    b'{"context": {"domain": "acme.com", "targetingKey": "%s"}}',
    b'{"context": {"targetingKey": "%s"',
    b'{"context": {"targetingKey": "%s"}} x',
    b'{"context": [{"targetingKey": "%s"}]}',
    b'{"context": {"targetingKey": "%s"}, "country": NaN}',
    b'{"context": {"targetingKey": "%s", "x": "' + b"y" * 4_000 + b'"}}',
)
INSIDE = (b"ann", b"bob", b"somebody-else", b"\xff", b"\x00", b"\x1f", b"\\u0061nn", b'", "country": "DE', b"\xc2\x85")


@pytest.mark.parametrize("frame", FRAMES)
def test_whatever_a_body_looks_like_it_asks_what_it_says(frame: bytes) -> None:
    ask = Asking(PLAIN + WHOM)
    for inside in INSIDE * 2 + INSIDE[::-1]:
        ask(frame.replace(b"%s", inside))


TEXTS = st.sampled_from(("ann", "bob", "DE", "recorded", "declared", "acme", "targetingKey", "a,b", ""))
NESTED = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(0, 1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
BODIES = st.builds(
    lambda context, more, separators: json.dumps({**more, "context": context}, separators=separators).encode(),
    st.dictionaries(st.sampled_from(("targetingKey", "country", "tenant", "x", "domain")), NESTED, max_size=4),
    st.dictionaries(st.sampled_from(("targetingKey", "x")), NESTED, max_size=1),
    st.sampled_from(((",", ":"), (", ", ": "))),
)


ASKING = Asking(PLAIN + COUNTRY)


@given(st.lists(st.tuples(BODIES, st.sampled_from((ANYBODY, OF_ACME))), min_size=1, max_size=10))
@settings(max_examples=max(60, int(1_000 * SCALE)), deadline=None)
def test_a_body_asks_the_same_whoever_asked_before(bodies: list[tuple[bytes, Caller]]) -> None:
    for body, caller in bodies * 3:
        ASKING(body, caller)
