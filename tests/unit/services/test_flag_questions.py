"""What flags are asked, and how long their answers stay: roles are given, and are a matter of time, where they are read."""

import math

import pytest

from doorward.domain.callers import Caller
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.services.facts import NOTHING_RECORDED
from doorward.services.flag_questions import FlagQuestion
from doorward.services.flags import FlagService
from support.trees import ACCESS_MODEL, ACCESS_RULES, FLAGS

MODEL = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _, (_, _)

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
RULES = "p, role:guest, door:1, open\ng, user:ann, role:guest, _, 1970-01-01 00:01:00\n"
READS = "contains(r.ctx.subject.roles, 'guest')"


def policy(when: str = "", segment: str = "r.ctx.context.x") -> Snapshot:
    rule = f'{{when: "{when}", serve: on}}' if when else "{segment: s, serve: on}"
    flags = f'$segments: {{s: "{segment}"}}\na: {{type: boolean, default: off, rules: [{rule}]}}\n'
    files = {ACCESS_MODEL: MODEL, ACCESS_RULES: RULES, FLAGS: flags}
    return load_snapshot(Tree({path: text.encode() for path, text in files.items()}))


def question(snapshot: Snapshot, now: float) -> FlagQuestion:
    service = FlagService(lambda: now)
    return service.question({"targetingKey": "ann"}, Caller("c", frozenset()), snapshot, "", NOTHING_RECORDED)


@pytest.mark.parametrize("reading", [{"when": READS}, {"segment": READS}], ids=["a rule", "a segment"])
def test_roles_that_are_held_for_a_time_and_read_make_answers_a_matter_of_time(reading: dict[str, str]) -> None:
    before, after = (question(policy(**reading), now) for now in (59.0, 61.0))
    assert [one.evaluate("a").value for one in (before, after)] == [True, False]
    assert (before.until, after.until) == (59.0, 61.0)


def test_roles_that_nobody_reads_are_not_looked_for() -> None:
    asked = question(policy("r.ctx.subject.id == 'ann'"), 59.0)
    assert asked.ctx["subject"] == {"type": "user", "id": "ann", "roles": []}
    assert (asked.evaluate("a").value, asked.until) == (True, math.inf)
