"""What each change writes where: rules, roles, flags and plans, as rows of access.csv and entries of YAML."""

from collections.abc import Callable

from doorward.domain.errors import BadRequest, Conflict, NotFound, PolicyInvalid
from doorward.domain.new_flags import NewFlag
from doorward.domain.new_plans import NewPlan
from doorward.domain.policy_changes import Files
from doorward.domain.roles import NewRole
from doorward.domain.rules import GATE_SUFFIX, NewRule
from doorward.policy.edit.changed import BY_HAND, ChangedTree, check_editable
from doorward.policy.edit.flags import add_flag, check_added
from doorward.policy.edit.plans import add_plan, check_plan_added
from doorward.policy.loading import load_snapshot
from doorward.policy.snapshot import Snapshot
from doorward.policy.tree import ACCESS_RULES, CATALOG, Tree


class Editor:
    """Changes the files of a tree; every result loads, and says what it said before and what was asked.

    `served` gives the snapshot that is served: a change mostly begins there, so that little has to be built.
    """

    def __init__(
        self, pace: Callable[[], None] = lambda: None, served: Callable[[], Snapshot | None] = lambda: None
    ) -> None:
        self._pace = pace
        self._served = served

    def create_rule(self, files: Files, rule: NewRule) -> Files:
        """Write a rule, and its gate where it has one.

        Raises:
            BadRequest: nobody has such a role.
            Conflict: the rule exists, or the files cannot be edited.
            PolicyInvalid: they do not load, before or after.
        """
        before = self._loaded(files)
        check_editable(before)
        taken = before.declared.rule_lines({rule.name, rule.gate_name})
        for name, line in taken.items():
            raise Conflict(f"the rule {name} exists already, in {ACCESS_RULES}:{line}; delete it, or take another name")
        if rule.name in before.catalog.rules:
            line = before.catalog.lines["rules"][rule.name]
            raise Conflict(f"{CATALOG}:{line} describes a rule {rule.name} already; remove the entry")
        known = before.declared.role_names()
        if rule.min_role not in known:
            raise BadRequest(
                f"conditions.min_role: there is no role {rule.min_role}; create it, or take one of {_few(known)}"
            )
        tree = ChangedTree(before, self._pace)
        tree.add_rows(rule.rows)
        if rule.description:
            tree.describe("rules", rule.name, rule.description)
        return self._checked(tree)

    def delete_rule(self, files: Files, name: str) -> Files:
        """Take a rule out, with its gate and its description. Raises as `create_rule`, and NotFound."""
        before = self._loaded(files)
        check_editable(before)
        declared = before.declared
        rule = declared.find_rule(name)
        if rule is None:
            raise NotFound(f"there is no rule {name[:200]!r}")
        guarded = declared.find_rule(name.removesuffix(GATE_SUFFIX))
        if guarded is not None and guarded.gate == name:
            raise Conflict(
                f"{name} keeps tenants without a subscription out of {guarded.name};"
                f" delete {guarded.name}, or {BY_HAND}"
            )
        tree = ChangedTree(before, self._pace)
        tree.delete_rules(declared.rule_lines({name} if rule.gate is None else {name, rule.gate}))
        tree.forget("rules", name)
        return self._checked(tree)

    def create_role(self, files: Files, role: NewRole) -> Files:
        """Write a role: an entry of the catalog, and a rule for each permission. Raises as `create_rule`."""
        before = self._loaded(files)
        if role.name in before.declared.role_names():
            raise Conflict(f"the role {role.name} exists already; take another name")
        for name, line in before.declared.rule_lines({row[1] for row in role.rows}).items():
            raise Conflict(
                f"the rule {name} exists already, in {ACCESS_RULES}:{line}; delete it, or leave that permission out"
            )
        tree = ChangedTree(before, self._pace)
        tree.add_rows(role.rows)
        tree.describe("roles", role.name, role.description)
        return self._checked(tree)

    def create_flag(self, files: Files, flag: NewFlag) -> Files:
        """Write a flag. Raises Conflict, also where the file can hold no such flag, and PolicyInvalid before."""
        before = self._loaded(files)
        try:
            after = load_snapshot(Tree(add_flag(before, flag)), self._pace, before)
        except PolicyInvalid as error:
            raise Conflict(f"the flag cannot be written, {error.problems[0]}; {BY_HAND}") from error
        check_added(before, after, flag)
        return after.tree.files

    def create_plan(self, files: Files, plan: NewPlan) -> Files:
        """Write a plan: an entry of the catalog, and a row for each limit and feature.

        Raises:
            BadRequest: nobody can say what a limit is counted in.
            Conflict: the plan exists, or the files can hold no such plan.
            PolicyInvalid: they do not load before.
        """
        before = self._loaded(files)
        try:
            after = load_snapshot(Tree(add_plan(before, plan, self._pace)), self._pace, before)
        except PolicyInvalid as error:
            raise Conflict(f"the plan cannot be written, {error.problems[0]}; {BY_HAND}") from error
        check_plan_added(before, after, plan)
        return after.tree.files

    def _loaded(self, files: Files) -> Snapshot:
        return load_snapshot(Tree(files), self._pace, self._served())

    def _checked(self, tree: ChangedTree) -> Files:
        return load_snapshot(Tree(tree.files), self._pace, tree.before).tree.files


def _few(names: frozenset[str]) -> str:
    shown = sorted(names)[:10]
    return ", ".join(shown) + (" ..." if len(names) > len(shown) else "")
