"""A plan to be written into policies/plans.csv and policies/catalog.yaml, as somebody asks for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from doorward.domain.catalog import Meter
from doorward.domain.errors import BadRequest
from doorward.domain.limits import usual_per
from doorward.domain.names import check_name, check_text
from doorward.domain.plans import MAX_DAYS, MAX_PRICE, UNLIMITED, Per, Plan, PlanLimit, read_amount, read_per

MAX_PARTS: Final = 1_000
_PER, _AMOUNT = "per", "amount"
_Given = TypeVar("_Given")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLimit:
    """How much of a limit a plan is to give; `per` is None where it is the one that the limit has elsewhere."""

    limit: str
    per: Per | None
    amount: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan that inherits from none. Prices are in minor units; `title` is empty where it is called by its name."""

    name: str
    title: str
    description: str
    price_monthly: int
    price_yearly: int
    trial_days: int
    grace_days: int
    features: tuple[str, ...]
    limits: tuple[NewLimit, ...]

    @classmethod
    def checked(  # noqa: PLR0913 - the parts of a plan
        cls,
        *,
        name: str,
        description: str,
        price_monthly: object,
        price_yearly: object,
        features: Sequence[str],
        limits: Mapping[str, object],
        title: str = "",
        trial_days: object = 0,
        grace_days: object = 0,
    ) -> "NewPlan":
        """Of what a caller sent. Raises BadRequest naming the member and the fix."""
        _check_id(name)
        for member, given in (("features", features), ("limits", limits)):
            if len(given) > MAX_PARTS:
                raise BadRequest(f"{member} are more than {MAX_PARTS}; a plan has room for so many")
        for feature in features:
            check_name(f"the feature {feature[:100]!r} in features", feature)
        if (twice := _twice(features)) is not None:
            raise BadRequest(f"features names {twice} twice; keep one")
        minor = "in minor units, like 4900 for 49.00"
        return cls(
            name=name,
            title=_text("title", title),
            description=_text("description", description),
            price_monthly=_whole("price_monthly", price_monthly, MAX_PRICE, minor),
            price_yearly=_whole("price_yearly", price_yearly, MAX_PRICE, minor),
            trial_days=_whole("trial_days", trial_days, MAX_DAYS, "of days"),
            grace_days=_whole("grace_days", grace_days, MAX_DAYS, "of days"),
            features=tuple(features),
            limits=tuple(one for limit, given in limits.items() for one in _limits(limit, given)),
        )

    def declared(self, plans: Iterable[Plan], meters: Mapping[str, Meter]) -> Plan:
        """The plan as a policy with these plans and meters declares it then.

        Raises BadRequest for a limit that others count in several ways, and for one that is named twice.
        """
        known = tuple(plans)
        limits = tuple(
            PlanLimit(limit=one.limit, per=one.per or usual_per(one.limit, known, meters), amount=one.amount)
            for one in self.limits
        )
        if (twice := _twice([(one.limit, one.per) for one in limits])) is not None:
            raise BadRequest(f"limits.{twice[0]} is given twice per {twice[1]}; keep one")
        return Plan(
            name=self.name,
            title=self.title or self.name,
            description=self.description or None,
            price_monthly=self.price_monthly,
            price_yearly=self.price_yearly,
            trial_days=self.trial_days,
            grace_days=self.grace_days,
            features=self.features,
            limits=limits,
        )


def _check_id(name: str) -> None:
    try:
        check_name("name", name)
    except BadRequest as error:
        raise BadRequest(f"{error}; what people call the plan is its title") from error


def _twice(given: Iterable[_Given]) -> _Given | None:
    """The first that stands there already."""
    seen: set[_Given] = set()
    for one in given:
        if one in seen:
            return one
        seen.add(one)
    return None


def _text(member: str, value: str) -> str:
    """One line, as policies/catalog.yaml gives it back: a run of blanks is one."""
    check_text(member, value)
    return " ".join(value.split())


def _whole(member: str, value: object, most: int, of_what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadRequest(f"{member} must be a whole number {of_what}, from 0 to {most}")
    return value


def _limits(limit: str, given: object) -> list[NewLimit]:
    """What is said of one limit: an amount, or one with its `per`, or several of those."""
    check_name(f"the name {limit[:100]!r} in limits", limit)
    place = f"limits.{limit}"
    if not isinstance(given, list):
        return [_limit(limit, place, given)]
    if not 0 < len(given) <= len(Per):
        raise BadRequest(f"{place} must be an amount, or a list of 1 to {len(Per)}, one for each per")
    return [_limit(limit, f"{place}[{at}]", one) for at, one in enumerate(given)]


def _limit(limit: str, place: str, given: object) -> NewLimit:
    if not isinstance(given, Mapping):
        return NewLimit(limit=limit, per=None, amount=read_amount(place, given))
    unknown = next((one for one in given if one not in {_PER, _AMOUNT}), None)
    if unknown is not None:
        raise BadRequest(f"{place}.{str(unknown)[:100]} is not known; there are per and amount")
    if _AMOUNT not in given:
        raise BadRequest(f"{place}.amount is missing; give a whole number, or {UNLIMITED!r}")
    per = given.get(_PER)
    return NewLimit(
        limit=limit,
        per=None if per is None else read_per(f"{place}.per", per),
        amount=read_amount(f"{place}.amount", given[_AMOUNT]),
    )
