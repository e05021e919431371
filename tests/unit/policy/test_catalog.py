"""policies/catalog.yaml: what is sold, counted and described, what is refused, and what a change of it costs."""

import pytest

from doorward.domain.catalog import (
    Aggregation,
    Catalog,
    LimitEntry,
    LimitKind,
    Meter,
    SubscriptionStatus,
    WhenUnavailable,
)
from doorward.domain.errors import PolicyInvalid
from doorward.domain.plans import Per, PlanEntry
from doorward.policy import Snapshot, Tree, load_snapshot
from support.trees import ACCESS_RULES, CATALOG, RULES, tree


def files(catalog: str, rules: str = RULES) -> dict[str, bytes]:
    return tree(rules) | {CATALOG: catalog.encode()}


def loaded(catalog: str, previous: Snapshot | None = None) -> Snapshot:
    return load_snapshot(Tree(files(catalog)), previous=previous)


def test_descriptions_are_shown_with_rules_and_roles() -> None:
    snapshot = loaded(
        "roles: {viewer: {description: Reads}}\nrules:\n  viewers-view-agents:\n    description: >\n      Two\n      lines\n"
    )
    declared = snapshot.declared
    assert [one.description for one in declared.list_rules(0, 2)] == ["Two lines", None]
    role = declared.find_role("viewer")
    assert role is not None
    assert role.description == "Reads"
    described = snapshot.describe()
    assert described["descriptions"] == {"viewer": "Reads"}
    assert described["rules"][0]["description"] == "Two lines"


def test_a_role_that_stands_in_the_catalog_alone_exists() -> None:
    snapshot = loaded("roles: {guest: }\n")
    assert snapshot.knows_role("role:guest")
    assert not snapshot.knows_role("role:nobody")
    assert [one.name for one in snapshot.declared.list_roles(0, 10)] == ["admin", "guest", "user", "viewer"]


def test_permissions_are_the_plain_grants_of_a_role() -> None:
    rules = RULES + (
        "p, a, role:user, acme, agents:*, list, True, allow\n"
        "p, b, role:user, *, agents:*, stop, r.ctx.resource.x == 1, allow\n"
        "p, c, role:user, *, agents:*, drop, True, deny\n"
        "p, d, role:user, *, agents:1, see, True, allow\n"
    )
    role = load_snapshot(Tree(tree(rules))).declared.find_role("user")
    assert role is not None
    assert role.permissions == ("execute_agents", "execute_workflows")
    assert role.rules == ("users-execute-agents", "users-execute-workflows", "a", "b", "c", "d")


def test_every_key_is_read() -> None:
    catalog = loaded(
        "currency: EUR\ncounts_as_subscribed: [active, paused]\nafter_end: free\nsuspended_may: [view on invoices]\n"
        "plans:\n  free:\n  paid: {name: Paid, description: All of it, price_monthly: 4900, price_yearly: 49000,"
        " trial_days: 14, grace_days: 7}\n"
        "meters: {calls: {aggregation: sum, unit: call, per: hour}, seats: {aggregation: latest}}\n"
        "limits: {calls: {kind: soft, when_unavailable: allow}, seats: }\n"
    ).catalog
    assert catalog.currency == "EUR"
    assert catalog.counts_as_subscribed == {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}
    assert catalog.after_end == "free"
    assert catalog.suspended_may == {("view", "invoices")}
    assert catalog.plans == {
        "free": PlanEntry(title="free"),
        "paid": PlanEntry(
            title="Paid",
            description="All of it",
            price_monthly=4900,
            price_yearly=49000,
            trial_days=14,
            grace_days=7,
        ),
    }
    assert catalog.meters == {
        "calls": Meter(aggregation=Aggregation.SUM, unit="call", per=Per.HOUR),
        "seats": Meter(aggregation=Aggregation.LATEST),
    }
    assert catalog.limits == {
        "calls": LimitEntry(kind=LimitKind.SOFT, when_unavailable=WhenUnavailable.ALLOW),
        "seats": LimitEntry(kind=LimitKind.HARD, when_unavailable=WhenUnavailable.DENY),
    }


@pytest.mark.parametrize("aggregation", Aggregation)
def test_a_meter_may_make_together_what_is_reported_in_every_known_way(aggregation: Aggregation) -> None:
    meters = loaded(f"meters: {{calls: {{aggregation: {aggregation}}}}}\n").catalog.meters
    assert meters == {"calls": Meter(aggregation=aggregation)}


def test_a_catalog_without_a_key_says_what_one_that_is_missing_says() -> None:
    empty, missing = loaded("roles: {}\n").catalog, load_snapshot(Tree(tree())).catalog
    assert (empty.currency, empty.after_end, empty.counts_as_subscribed) == (
        "USD",
        None,
        Catalog().counts_as_subscribed,
    )
    assert missing == Catalog()


def test_no_status_may_count_as_subscribed() -> None:
    assert loaded("counts_as_subscribed: []\n").catalog.counts_as_subscribed == frozenset()


FAULTS = [
    ("role: {}\n", 1, "unknown key 'role'; there are currency, counts_as_subscribed, after_end"),
    ("currency: dollars\n", 1, "three letters of ISO 4217, like USD, not 'dollars'"),
    ("currency: 840\n", 1, "currency must be a text"),
    ("counts_as_subscribed: active\n", 1, "must be a list, like [trialing, active]"),
    ("counts_as_subscribed: [active, trial]\n", 1, "and expired, not 'trial'"),
    ("counts_as_subscribed: [active, active]\n", 1, "holds 'active' twice"),
    ("after_end: gold\n", 1, "after_end names the plan 'gold', which neither policies/plans.csv nor this file has"),
    ("after_end: 1\n", 1, "after_end must be a name, not 1; quote it"),
    ("suspended_may: [view]\n", 1, "holds 'view'; write `ACTION on TYPE`"),
    ("suspended_may: ['* on *']\n", 1, "write `ACTION on TYPE`"),
    ("suspended_may: [view on in voices]\n", 1, "write `ACTION on TYPE`"),
    ("suspended_may: [on: invoices]\n", 1, "write `ACTION on TYPE`"),
    ("plans: [basic]\n", 1, "plans must be a mapping"),
    ("plans:\n  basic: cheap\n", 2, "'basic' must be a mapping"),
    ("plans:\n  b@sic:\n    name: Basic\n", 2, "a name in plans must be a letter"),
    ("plans:\n  basic:\n    price: 1\n", 3, "unknown key 'price'; there are name, description, price_monthly"),
    ("plans:\n  basic: {price_monthly: 49.0}\n", 2, "price_monthly must be a whole number from 0 to"),
    ("plans:\n  basic: {price_monthly: true}\n", 2, "not True"),
    ("plans:\n  basic: {grace_days: -1}\n", 2, "grace_days must be a whole number from 0 to 36500, not -1"),
    ("plans:\n  basic: {name: 7}\n", 2, "name must be a text; quote it: '7'"),
    (
        "meters:\n  calls: {unit: call}\n",
        2,
        "the meter 'calls' has no aggregation; write sum, count, max, latest or unique",
    ),
    ("meters:\n  calls: {aggregation: mean}\n", 2, "aggregation must be sum, count, max, latest or unique, not 'mean'"),
    *(
        (f"meters:\n  a: {{aggregation: {one}}}\n", 2, "aggregation must be sum, count")
        for one in ("Sum", "avg", "[sum]", 1)
    ),
    ("meters:\n  calls: {aggregation: sum, per: week}\n", 2, "per must be total, minute"),
    ("limits:\n  seats: {kind: firm}\n", 2, "kind must be hard or soft, not 'firm'"),
    ("limits:\n  seats: {when_unavailable: yes}\n", 2, "when_unavailable must be deny or allow, not 'yes'"),
    ("roles: [viewer]\n", 1, "roles must be a mapping"),
    ("roles:\n  viewer: Reads\n", 2, "'viewer' must be a mapping"),
    ("roles:\n  viewer:\n    text: Reads\n", 3, "unknown key 'text'; there is description"),
    ("roles:\n  viewer: {description: 7}\n", 2, "must be a text; quote it: '7'"),
    ('rules:\n  a: {description: "x\\e[31m"}\n', 2, "not printed"),
    (f"rules:\n  a: {{description: {'x' * 501}}}\n", 2, "longer than 500"),
    ("rules:\n  a: {}\n  a: {}\n", 3, "stands in line 2 already"),
    ("rules: *a\n", 1, "an alias"),
]


@pytest.mark.parametrize(("catalog", "line", "says"), FAULTS)
@pytest.mark.parametrize("changed", [False, True], ids=["a whole load", "a change"])
def test_what_is_wrong_is_told_with_its_line(catalog: str, line: int, says: str, changed: bool) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        loaded(catalog, loaded("rules: {}\n") if changed else None)
    (fault,) = refused.value.problems
    assert (fault.path, fault.line) == (CATALOG, line)
    assert says in fault.message


@pytest.mark.parametrize("before", ["", "roles: {a: {}}\n"])
@pytest.mark.parametrize("after", [None, "", "rules: {admins-do-everything: {description: x}}\n", "# nothing\n"])
def test_a_changed_catalog_is_served_with_what_was_built_before(before: str, after: str | None) -> None:
    served = load_snapshot(Tree(files(before)))
    new = tree() if after is None else files(after)
    changed, whole = load_snapshot(Tree(new), previous=served), load_snapshot(Tree(new))
    assert changed.describe() == whole.describe()
    assert changed.catalog == whole.catalog
    assert changed.evaluator is served.evaluator


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfrules: {}\n", b"rules: {}", b"\xff\n"])
def test_a_changed_catalog_that_is_no_text_is_told_as_in_a_whole_load(content: bytes) -> None:
    new = tree() | {CATALOG: content}
    told = []
    for previous in (None, loaded("rules: {}\n")):
        with pytest.raises(PolicyInvalid) as refused:
            load_snapshot(Tree(new), previous=previous)
        told.append(refused.value.problems)
    assert told[0] == told[1]


def test_faults_of_rules_and_catalog_are_told_at_once_also_of_a_change() -> None:
    new = files("x: 1\n", RULES + "p, short\n")
    with pytest.raises(PolicyInvalid) as refused:
        load_snapshot(Tree(new), previous=loaded("rules: {}\n"))
    assert [one.path for one in refused.value.problems] == [ACCESS_RULES, CATALOG]
