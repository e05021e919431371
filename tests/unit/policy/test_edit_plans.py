"""Plans written into plans.csv and catalog.yaml: what is written, that nothing else changes, and what is refused."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest, Conflict, PolicyInvalid
from doorward.domain.new_plans import NewPlan
from doorward.domain.plans import MAX_AMOUNT, MAX_DAYS, MAX_PRICE, Per, PlanLimit
from doorward.engine import Problems
from doorward.policy import Tree, load_snapshot
from doorward.policy.edit import Editor
from doorward.policy.plans import check_plan_model, model_text
from support.trees import CATALOG, PLANS, PLANS_MODEL, ROOT, tree

FLAGS = "policies/flags.yaml"
DEFAULTS = {path: (ROOT / path).read_bytes() for path in (CATALOG, PLANS, PLANS_MODEL)}
PLAN: dict[str, Any] = {
    "name": "startup",
    "description": "",
    "price_monthly": 100,
    "price_yearly": 1000,
    "features": [],
    "limits": {},
}


def plan(**parts: Any) -> NewPlan:
    return NewPlan.checked(**{**PLAN, **parts})


def created(new: NewPlan, files: dict[str, bytes] | None = None) -> dict[str, bytes]:
    return dict(Editor().create_plan({**tree(), **(DEFAULTS if files is None else files)}, new))


def rows(files: dict[str, bytes], name: str = "startup") -> list[list[str]]:
    fields = [[field.strip() for field in line.split(",")] for line in files[PLANS].decode().splitlines()]
    return [row for row in fields if len(row) > 1 and row[1] == name]


def test_a_plan_is_rows_and_an_entry_and_every_other_line_stays() -> None:
    after = created(plan(features=["analytics"], limits={"max_agents": 7}, title="Start-up", trial_days=3))

    made = load_snapshot(Tree(after)).plans["startup"]
    assert (made.title, made.price_monthly, made.price_yearly, made.trial_days, made.grace_days) == (
        "Start-up", 100, 1000, 3, 0,
    )  # fmt: skip
    assert made.features == ("analytics",)
    assert made.limits == (PlanLimit(limit="max_agents", per=Per.TOTAL, amount=7),)
    assert made.place == "policies/catalog.yaml:10"
    for path, before in DEFAULTS.items():
        lines = after[path].splitlines()
        assert [line for line in lines if b"startup" not in line] == before.splitlines()
    assert {path: content for path, content in after.items() if path not in DEFAULTS} == tree()


@pytest.mark.parametrize(
    ("limit", "given", "written"),
    [
        pytest.param("api_calls", 5, ["hour, 5"], id="as its meter is looked at"),
        pytest.param("max_agents", 5, ["total, 5"], id="as other plans count it"),
        pytest.param("new_limit", 5, ["total, 5"], id="a total where nobody counts it"),
        pytest.param("agent_executions", 5, ["total, 5"], id="a total where the meter does not say"),
        pytest.param("api_calls", {"per": "rate/second", "amount": 0}, ["rate/second, 0"], id="as it is given"),
        pytest.param("api_calls", {"amount": "unlimited"}, ["hour, unlimited"], id="unlimited"),
        pytest.param("max_agents", MAX_AMOUNT, [f"total, {MAX_AMOUNT}"], id="the most there is"),
        pytest.param(
            "api_calls",
            [{"per": "day", "amount": 9}, 5, {"per": "minute", "amount": 1}],
            ["day, 9", "hour, 5", "minute, 1"],
            id="several",
        ),
    ],
)
def test_a_limit_is_counted_in(limit: str, given: object, written: list[str]) -> None:
    found = rows(created(plan(limits={limit: given})))
    assert [", ".join(row[3:]) for row in found] == written
    assert {row[2] for row in found} == {limit}


def test_a_limit_that_plans_count_in_several_ways_wants_one_named() -> None:
    files = {**DEFAULTS, PLANS: b"p, a, calls, hour, 1\np, b, calls, day, 2\n"}
    with pytest.raises(BadRequest, match="calls is counted per hour and per day; name one of them as per"):
        created(plan(limits={"calls": 5}), {**files, CATALOG: b"currency: EUR\n"})


def test_a_limit_that_is_said_twice_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"limits\.api_calls is given twice per hour"):
        created(plan(limits={"api_calls": [5, {"per": "hour", "amount": 6}]}))


def test_a_tree_without_plans_gets_the_one_model() -> None:
    after = created(plan(features=["help"]), {})
    problems = Problems(PLANS_MODEL)
    check_plan_model(model_text(), problems)
    assert not problems.found
    assert after[PLANS_MODEL].decode() == model_text()
    assert after[PLANS] == b"p2, startup, help\n"
    assert created(plan(), {}).keys() == tree().keys() | {CATALOG}, "what has no rows needs no model"


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        *(({"name": name}, "name must be") for name in ("", "a b", "a,b", "ä", "1a", "a\n", "a" * 129, "*", "#a")),
        *(({member: -1}, member) for member in ("price_monthly", "price_yearly", "trial_days", "grace_days")),
        *(({"price_monthly": price}, "price_monthly must be") for price in (1.5, 1.0, True, "1", None, MAX_PRICE + 1)),
        *(({"trial_days": days}, "trial_days must be") for days in (0.5, True, "1", MAX_DAYS + 1)),
        ({"description": "a\nb"}, "description"),
        ({"description": "a" * 501}, "description"),
        ({"title": " a"}, "title"),
        ({"features": ["a b"]}, "the feature 'a b' in features must be"),
        ({"features": ["a", "a"]}, "features names a twice"),
        *(
            ({"limits": {"x": amount}}, r"limits\.x must be a whole number from 0 to 9223372036854775807")
            for amount in (-1, 1.5, 2.0, True, False, None, "5", "Unlimited", 1 << 63, 10**30)
        ),
        ({"limits": {"x": {"per": "week", "amount": 1}}}, r"limits\.x\.per must be one of total"),
        ({"limits": {"x": {"per": True, "amount": 1}}}, r"limits\.x\.per must be one of total"),
        ({"limits": {"x": {"per": "hour", "amount": True}}}, r"limits\.x\.amount must be a whole number"),
        ({"limits": {"x": {"per": "hour"}}}, r"limits\.x\.amount is missing"),
        ({"limits": {"x": {"amount": 1, "each": 2}}}, r"limits\.x\.each is not known; there are per and amount"),
        ({"limits": {"x": []}}, r"limits\.x must be an amount, or a list of 1 to 7"),
        ({"limits": {"x": [1] * 8}}, r"limits\.x must be an amount, or a list of 1 to 7"),
        ({"limits": {f"x{number}": 1 for number in range(1_001)}}, "limits are more than 1000"),
        ({"features": [f"x{number}" for number in range(1_001)]}, "features are more than 1000"),
        ({"limits": {"x": [1, [2]]}}, r"limits\.x\[1\] must be a whole number"),
        *(({"limits": {name: 1}}, "in limits must be") for name in ("", "a b", "a,b", "x\n", "1", "*", "a" * 129)),
    ],
)  # fmt: skip
def test_what_no_plan_can_be_is_refused_by_its_member(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        plan(**parts)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        pytest.param({CATALOG: b"\nplans: {startup: {name: A}}\n"}, r"catalog\.yaml:2", id="in the catalog"),
        pytest.param({CATALOG: b"", PLANS: b"# a\np2, startup, x\n"}, r"plans\.csv:2", id="in rows"),
        pytest.param({CATALOG: b"", PLANS: b"p2, b, x\ng, a, startup\n"}, r"plans\.csv:2", id="that another inherits"),
    ],
)
def test_a_plan_that_exists_is_refused_with_its_place(files: dict[str, bytes], place: str) -> None:
    with pytest.raises(Conflict, match=f"the plan startup exists already, in policies/{place}"):
        created(plan(), {**DEFAULTS, **files})


def test_a_feature_that_is_a_flag_of_its_own_is_refused_with_its_place() -> None:
    flags = b"# flags\nbeta: {type: boolean, default: off}\nanalytics: {type: boolean, from_plan: true, default: off}\n"
    with pytest.raises(Conflict, match=r"beta is a flag of its own, in policies/flags\.yaml:2; give that `from_plan"):
        created(plan(features=["beta"]), {**DEFAULTS, FLAGS: flags})
    created(plan(features=["analytics"]), {**DEFAULTS, FLAGS: flags})


def test_a_tree_that_does_not_load_is_told_with_its_faults() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        created(plan(), {**DEFAULTS, PLANS: b"p, short\n"})
    assert refused.value.problems[0].path == PLANS


@pytest.mark.parametrize("catalog", ["plans: ~\n", "roles: {}\n...\n"])
def test_a_catalog_without_room_is_refused(catalog: str) -> None:
    with pytest.raises(Conflict, match="by hand"):
        created(plan(), {CATALOG: catalog.encode()})


@pytest.mark.parametrize("name", ["true", "null", "on", "yes", "No", "e1", "a.b-c_d"])
def test_names_that_mean_something_in_yaml_are_names(name: str) -> None:
    after = created(plan(name=name, features=[name], limits={name: 1}, description=name, title=name))
    made = load_snapshot(Tree(after)).plans[name]
    assert (made.title, made.description, made.features, made.limits[0].limit) == (name, name, (name,), name)


NAMES = st.text(string.ascii_letters, min_size=1, max_size=3).flatmap(
    lambda first: st.text(string.ascii_letters + string.digits + "_.-", max_size=6).map(lambda rest: first + rest)
)
AMOUNTS = st.integers(0, MAX_AMOUNT) | st.just("unlimited")
LIMITS = st.dictionaries(
    NAMES,
    AMOUNTS
    | st.lists(st.tuples(st.sampled_from(Per), AMOUNTS), min_size=1, max_size=3, unique_by=lambda one: one[0]).map(
        lambda several: [{"per": per.value, "amount": amount} for per, amount in several]
    ),
    max_size=3,
)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=30).map(str.strip)
TREES = st.sampled_from(
    [
        {},
        DEFAULTS,
        {CATALOG: b"{plans: {}, roles: {a: {}}}\n"},
        {CATALOG: b"plans: {\n  one: {},\n  two: {description: x},  # y\n}\n"},
        {**DEFAULTS, CATALOG: b"roles:\n    a:\n        description: b\n"},
        {PLANS_MODEL: DEFAULTS[PLANS_MODEL], PLANS: b"  p,b,calls,hour,5\n# end\n\np2 , b , x\ng, c, b\n"},
        {PLANS_MODEL: DEFAULTS[PLANS_MODEL], PLANS: b"# nothing yet\n"},
    ]
)


ASKED = st.fixed_dictionaries(
    {
        "name": NAMES,
        "title": TEXTS,
        "description": TEXTS,
        "features": st.lists(NAMES, max_size=3, unique=True),
        "limits": LIMITS,
        "price_monthly": st.integers(0, MAX_PRICE),
    }
)


@given(TREES, ASKED)
def test_whatever_is_asked_for_is_what_the_files_say_then_and_every_line_stays(
    files: dict[str, bytes], asked: dict[str, Any]
) -> None:
    new, name = plan(**asked), asked["name"]
    before = load_snapshot(Tree({**tree(), **files}))
    try:
        after = created(new, files)
    except Conflict:  # some texts have no form that the reader takes
        return
    made = load_snapshot(Tree(after)).plans
    assert made == {**before.plans, name: new.declared(before.plans.values(), before.catalog.meters)}
    assert (made[name].description or "") == " ".join(asked["description"].split())
    old = files.get(PLANS, b"").splitlines(keepends=True)
    assert [line for line in after.get(PLANS, b"").splitlines(keepends=True) if line in old] == old or not old
