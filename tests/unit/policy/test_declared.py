"""The rules and roles of a policy, one by one: which rows belong to one, and what listing them costs."""

from collections import Counter
from typing import Any, cast

from doorward.engine import Evaluator
from doorward.policy.declared import Declared
from support.trees import RULES, snapshot


class Counted:
    """An evaluator that counts how often its rows are asked for."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._evaluator, name)


def test_many_roles_are_listed_in_as_many_passes_as_one() -> None:
    rows = [
        f"p, r{one}, role:r{one}, *, docs:*, read, True, allow\ng, role:r{one}, role:viewer, *" for one in range(50)
    ]
    served = snapshot(RULES + "\n".join(rows) + "\n")
    passes = []
    for count in (1, 50):
        counted = Counted(served.evaluator)
        roles = Declared(cast("Evaluator", counted), served.catalog).list_roles(1, count)
        assert [(one.rules, [held.role for held in one.inherits]) for one in roles] == [
            ((one.name,), ["viewer"]) for one in roles
        ]
        passes.append((counted.asked["rules"], counted.asked["roles"]))
    assert passes[0] == passes[1]


def test_a_role_has_all_its_rules_in_file_order_and_the_roles_it_holds_by_name() -> None:
    more = (
        "p, z, role:editor, *, docs:*, write, True, allow\n"
        "p, a, role:editor, acme, docs:*, read, True, allow\n"
        "g, role:editor, role:viewer, acme\n"
        "g, role:editor, role:user, *\n"
        "g, role:editor, role:viewer, *\n"
    )
    role = snapshot(RULES + more).declared.find_role("editor")
    assert role is not None
    assert (role.rules, role.permissions) == (("z", "a"), ("write_docs",))
    assert [(one.role, one.tenant) for one in role.inherits] == [("user", "*"), ("viewer", "*"), ("viewer", "acme")]
