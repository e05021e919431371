"""How limits should answer, as plainly as can be: every sum is computed anew from all that ever happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from doorward.domain.errors import BadRequest, Conflict, DoorwardError, NotFound
from doorward.domain.ledger.accounts import Rule
from doorward.domain.ledger.answers import Counted, Taken
from doorward.domain.ledger.requests import Asked, Commit, Consume, GiveBack, Release, Request, Reserve
from doorward.domain.plans import Per
from doorward.domain.windows import window
from support.ledgers import SECOND

Items = tuple[tuple[str, int], ...]
Plan = Mapping[str, tuple[tuple[Per, int], ...]]
PLANS: Final[Sequence[Plan]] = (
    {"agents": ((Per.TOTAL, 10),), "calls": ((Per.MINUTE, 6),), "both": ((Per.TOTAL, 9), (Per.HOUR, 12))},
    {"agents": ((Per.TOTAL, 25),), "calls": ((Per.HOUR, 15),), "both": ((Per.HOUR, 20),)},
    {"agents": ((Per.TOTAL, 3),), "calls": ((Per.TOTAL, 8),), "both": ((Per.DAY, 8), (Per.TOTAL, 30))},
)


@dataclass(frozen=True)
class Step:
    """What is asked, or that time goes on, or that the plan changes."""

    kind: str
    id: str = ""
    items: Items = ()
    name: str | None = None
    amount: int | None = None
    seconds: int = 0
    plan: int = 0


@dataclass
class _Counted:
    id: str
    name: str
    amount: int
    at: int
    returned: int | None = None


@dataclass
class _Reserved:
    items: Items
    at: int
    ends: int
    state: str = "held"


@dataclass
class Model:
    """The limits of one tenant."""

    now: int
    plan: Plan = field(default_factory=lambda: PLANS[0])
    counted: list[_Counted] = field(default_factory=list)
    consumed: dict[str, Items | None] = field(default_factory=dict)
    reserved: dict[str, _Reserved] = field(default_factory=dict)

    def told(self, step: Step) -> Any:
        """What is to be answered: a word, and what remains of each limit where that is told."""
        answer: Any = getattr(self, f"_{step.kind}")(step)
        return answer

    def remains(self, name: str, at: int) -> int:
        """How much is left of a limit by all that it says at a time."""
        return min(
            amount - self._used(name, per, *window(per, at)) - self._held(name, per, *window(per, at))
            for per, amount in self.plan[name]
        )

    def total(self, name: str) -> int:
        """All that was counted under a name and not returned."""
        return self._used(name, Per.TOTAL, 0, 0)

    def _used(self, name: str, per: Per, begins: int, ends: int) -> int:
        mine = [one for one in self.counted if one.name == name]
        if per is Per.TOTAL:
            return sum(one.amount - (one.returned or 0) for one in mine)
        return sum(one.amount for one in mine if begins <= one.at < ends)

    def _held(self, name: str, per: Per, begins: int, ends: int) -> int:
        live = [one for one in self.reserved.values() if self._is_live(one)]
        return sum(
            amount
            for one in live
            for item, amount in one.items
            if item == name and (per is Per.TOTAL or begins <= one.at < ends)
        )

    def _is_live(self, one: _Reserved) -> bool:
        return one.state == "held" and one.ends > self.now

    def _left(self, items: Items, at: int) -> list[int]:
        return [max(0, self.remains(name, at)) for name, _ in items]

    def _fits(self, items: Items) -> bool:
        return all(amount <= self.remains(name, self.now) for name, amount in items)

    def _consume(self, step: Step) -> Any:
        if step.id in self.consumed:
            same = self.consumed[step.id] == step.items
            return ("again", self._left(step.items, self.now)) if same else "conflict"
        if not self._fits(step.items):
            return "refused", None
        self.consumed[step.id] = step.items
        self.counted += [_Counted(step.id, name, amount, self.now) for name, amount in step.items]
        return "allowed", self._left(step.items, self.now)

    def _reserve(self, step: Step) -> Any:
        before = self.reserved.get(step.id)
        if before is not None:
            same = before.items == step.items and self._is_live(before)
            return ("again", self._left(step.items, self.now)) if same else "conflict"
        if not self._fits(step.items):
            return "refused", None
        self.reserved[step.id] = _Reserved(step.items, self.now, self.now + step.seconds * SECOND)
        return "allowed", self._left(step.items, self.now)

    def _commit(self, step: Step) -> Any:
        held = self.reserved.get(step.id)
        if held is None:
            return "missing"
        if not self._is_live(held) or step.id in self.consumed:
            return "conflict"
        real = dict(step.items)
        if real.keys() - dict(held.items).keys():
            return "bad"
        for name, amount in held.items:
            more = real.get(name, amount) - amount
            if more > 0 and more > self.remains(name, held.at):
                return "conflict"
        held.state = "committed"
        counted = [(name, real.get(name, amount)) for name, amount in held.items]
        if any(amount for _, amount in counted):
            self.consumed[step.id] = None
        self.counted += [_Counted(step.id, name, amount, held.at) for name, amount in counted if amount]
        return "allowed", self._left(held.items, held.at)

    def _release(self, step: Step) -> Any:
        held = self.reserved.get(step.id)
        if held is None:
            return "missing"
        if not self._is_live(held):
            return "conflict"
        held.state = "released"
        return "counted", dict(held.items)

    def _return(self, step: Step) -> Any:
        mine = [one for one in self.counted if one.id == step.id and step.name in {None, one.name}]
        if not mine:
            return "missing"
        mine = [one for one in mine if one.name != "calls"]
        if not mine or any(one.returned is not None for one in mine):
            return "conflict"
        amounts = {one.name: one.amount if step.amount is None else step.amount for one in mine}
        if any(amounts[one.name] > one.amount for one in mine):
            return "conflict"
        for one in mine:
            one.returned = amounts[one.name]
        return "counted", amounts

    def request(self, step: Step) -> Request:
        """The same, as it is asked of the ledger."""
        plan, now = self.plan, self.now

        def asked(name: str, amount: int, at: int) -> Asked:
            return Asked(name, amount, tuple(Rule(per, most, *window(per, at)) for per, most in plan[name]))

        known = {"tenant": "acme", "id": step.id, "at": now, "digest": str((step.kind, step.items))}
        items = [asked(name, amount, now) for name, amount in step.items]
        match step.kind:
            case "consume":
                return Consume(items=items, **known)
            case "reserve":
                return Reserve(items=items, expires_at=now + step.seconds * SECOND, **known)
            case "commit":
                return Commit(asked=asked, amounts=dict(step.items), **known)
            case "release":
                return Release(**known)
            case _:
                is_total = {"agents": True, "both": True, "calls": False}
                return GiveBack(is_total=is_total.__getitem__, name=step.name, amount=step.amount, **known)


def told_of(outcome: Any) -> Any:
    """What the ledger answered, in the model's words."""
    match outcome:
        case Conflict():
            return "conflict"
        case NotFound():
            return "missing"
        case BadRequest():
            return "bad"
        case DoorwardError():
            raise outcome
        case [Taken(allowed=False)]:
            return "refused", None
        case [Taken() as taken]:
            return "again" if taken.again else "allowed", [one.standing.remaining for one in taken.limits]
        case [Counted() as counted]:
            return "counted", dict(counted.amounts)
    raise AssertionError(outcome)
