"""The five kinds of models whose decisions are timed at growing sizes: their text, their rows, questions about them.

The share of a policy that concerns one question does not grow with it: ten times the rows are for ten
times the users, roles, tenants and resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from doorward_bench import policies
from doorward_bench.policies import Asked, dice
from doorward_bench.rounds import at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from doorward_bench.result import Goal

_ACL_MODEL = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
"""
_REST_MODEL = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && keyMatch2(r.obj, p.obj) && regexMatch(r.act, p.act)
"""
_PRIORITY_MODEL = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = priority, sub, obj, act, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act
"""
_A_ROLE = 10
"""Rules for one subject or role."""


class Kind(NamedTuple):
    """One kind. `rules` makes so many rows; `questions` takes the size, the rows and how many to ask.

    `cedar` says how the rows are put into Cedar, blank where they are not; `goals` are by size.
    """

    name: str
    slug: str
    model: str
    rules: Callable[[int], str]
    questions: Callable[[int, str, int], list[Asked]]
    goals: Mapping[int, Goal]
    cedar: str = ""
    attributes: Mapping[str, Any] = {}
    notes: tuple[str, ...] = ()


def _text(rows: Iterator[str]) -> str:
    return "\n".join(rows) + "\n"


def _acl_rows(size: int) -> Iterator[str]:
    """Ten things a user; ten users a thing."""
    for number in range(size):
        user, thing = _acl_pair(size, number)
        yield f"p, user:user{user}, data:data{thing}, read"


def _acl_pair(size: int, number: int) -> tuple[int, int]:
    user, turn = divmod(number, _A_ROLE)
    things = max(_A_ROLE, size // _A_ROLE)
    return user, (user + turn * (things // _A_ROLE)) % things


def _acl_questions(size: int, _rules: str, count: int) -> list[Asked]:
    roll = dice()
    asked = []
    for _ in range(count):
        user, thing = _acl_pair(size, roll.randrange(size))
        if roll.random() < 0.5:
            thing = roll.randrange(2 * max(_A_ROLE, size // _A_ROLE))
        asked.append(Asked(f"user:user{user}", f"data:data{thing}"))
    return asked


_REST_PATTERNS = (
    "/tenants/:t/projects{0}/:p/items/*",
    "/tenants/:t/projects{0}/:p/members/:m",
    "/tenants/:t/projects{0}/:p/reports/:r/pages/*",
)
_REST_PATHS = (
    "/tenants/t{1}/projects{0}/p{2}/items/i{2}/parts/{1}",
    "/tenants/t{1}/projects{0}/p{2}/members/m{1}",
    "/tenants/t{1}/projects{0}/p{2}/reports/r{1}/pages/{2}",
)
_REST_METHODS = (("GET", "HEAD"), ("GET", "POST", "PUT"), ("DELETE",), ("PATCH", "POST"))
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _rest_parts(size: int) -> tuple[int, int, int]:
    """How many rules, roles and users."""
    users = max(1, size // 10)
    return size - users, max(1, (size - users) // _A_ROLE), users


def _rest_rows(size: int) -> Iterator[str]:
    """Every rule has a pattern of its own, and all of them begin alike."""
    rules, roles, users = _rest_parts(size)
    for one in range(rules):
        pattern = _REST_PATTERNS[one % 3].format(one)
        yield f"p, role:role{min(one // _A_ROLE, roles - 1)}, {pattern}, ^({'|'.join(_REST_METHODS[one % 4])})$"
    for one in range(users):
        yield f"g, user:user{one}, role:role{one % roles}"


def _rest_questions(size: int, _rules: str, count: int) -> list[Asked]:
    rules, roles, users = _rest_parts(size)
    roll = dice()
    asked = []
    for _ in range(count):
        user = roll.randrange(users)
        rule = min(user % roles * _A_ROLE + roll.randrange(_A_ROLE), rules - 1)
        act = _REST_METHODS[rule % 4][0]
        if roll.random() < 0.5:
            rule, act = roll.randrange(rules), _METHODS[roll.randrange(len(_METHODS))]
        path = _REST_PATHS[rule % 3].format(rule, roll.randrange(100), roll.randrange(1_000))
        asked.append(Asked(f"user:user{user}", path, act))
    return asked


_FOLDERS_A_ROLE = 3
_PRIORITY_ACTIONS = ("read", "write")


def _priority_parts(size: int) -> tuple[int, int, int, int]:
    """How many rules, users, documents, and how many roles, which is also the number of folders."""
    users = max(1, size * 3 // 10)
    rules = size - 2 * users
    return rules, users, users, max(1, rules // _A_ROLE)


def _folder(role: int, turn: int, folders: int) -> int:
    return (role * _FOLDERS_A_ROLE + turn) % folders


def _priority_rows(size: int) -> Iterator[str]:
    """Ten rules a role, for two actions on three folders: most questions of a holder have rules that contradict."""
    rules, users, documents, roles = _priority_parts(size)
    roll = dice()
    for one in range(rules):
        role = min(one // _A_ROLE, roles - 1)
        folder = _folder(role, one % _FOLDERS_A_ROLE, roles)
        act = _PRIORITY_ACTIONS[roll.randrange(2)]
        effect = "deny" if roll.random() < 0.3 else "allow"
        yield f"p, {roll.randrange(1_000)}, role:role{role}, folder:folder{folder}, {act}, {effect}"
    for one in range(users):
        yield f"g, user:user{one}, role:role{one % roles}"
    for one in range(documents):
        yield f"g2, doc:doc{one}, folder:folder{one % roles}"


def _priority_questions(size: int, _rules: str, count: int) -> list[Asked]:
    _, users, documents, roles = _priority_parts(size)
    roll = dice()
    asked = []
    for _ in range(count):
        user, document = roll.randrange(users), roll.randrange(documents)
        if roll.random() < 0.8:  # not all of them are allowed: of all questions about half
            folder = _folder(user % roles, roll.randrange(_FOLDERS_A_ROLE), roles)
            document = folder + roles * roll.randrange(max(1, documents // roles))
        asked.append(Asked(f"user:user{user}", f"doc:doc{document}", _PRIORITY_ACTIONS[roll.randrange(2)]))
    return asked


KINDS = (
    Kind("ACL", "acl", _ACL_MODEL, lambda size: _text(_acl_rows(size)), _acl_questions, {}, cedar="names"),
    Kind(
        "RBAC",
        "rbac",
        policies.RBAC_MODEL,
        policies.rbac_rules,
        lambda size, _, count: policies.rbac_questions(size, count),
        dict.fromkeys((10, 1_000, 10_000, 100_000), at_most(3, 2)) | {1_000_000: at_most(5, 3)},
        cedar="names",
    ),
    Kind(
        "tenants, `*`, prefixes, conditions",
        "tenants",
        policies.DEFAULT_MODEL,
        lambda size: policies.mixed_rules(size, policies.Pools.in_proportion(size)),
        lambda _, rules, count: policies.mixed_questions(rules, count),
        dict.fromkeys((10, 1_000, 10_000, 100_000), at_most(4, 3)),
        attributes={"subject": {"level": 5}, "resource": {"owner": "u17"}},
        notes=("The default model; 8 % of the rules have a condition, 2 % deny. Not said in Cedar.",),
    ),
    Kind(
        "RESTful",
        "rest",
        _REST_MODEL,
        lambda size: _text(_rest_rows(size)),
        _rest_questions,
        {},
        cedar="paths",
        notes=(
            (
                "keyMatch2 on resources, each rule with a pattern of its own, and regexMatch on actions; ten rules a "
                "role. In Cedar `like` stands for keyMatch2."
            ),
        ),
    ),
    Kind(
        "priority, resource roles",
        "priority",
        _PRIORITY_MODEL,
        lambda size: _text(_priority_rows(size)),
        _priority_questions,
        {},
        notes=("Explicit priorities, a third of the rules deny, g and g2. Cedar has no priorities.",),
    ),
)
