"""models/plans.conf and policies/plans.csv: what plans give, what is refused, and which plans there are."""

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.domain.plans import MAX_AMOUNT, Per, PlanLimit
from doorward.policy import Snapshot, Tree, load_snapshot
from support.trees import CATALOG, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, tree


def files(rows: str, model: str = PLANS_CONF, catalog: str | None = None) -> dict[str, bytes]:
    found = tree() | {PLANS_MODEL: model.encode(), PLANS: rows.encode()}
    return found if catalog is None else found | {CATALOG: catalog.encode()}


def loaded(rows: str, catalog: str | None = None) -> Snapshot:
    return load_snapshot(Tree(files(rows, catalog=catalog)))


def faults(found: dict[str, bytes]) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        load_snapshot(Tree(found))
    return [str(one) for one in refused.value.problems]


def test_the_default_plans_are_the_requirements_table() -> None:
    plans = loaded(PLANS_CSV).plans
    assert [*plans] == ["basic", "enterprise", "professional"]
    assert plans["professional"].limits == (
        PlanLimit(limit="max_agents", per=Per.TOTAL, amount=20),
        PlanLimit(limit="max_workflows", per=Per.TOTAL, amount=50),
        PlanLimit(limit="storage_used", per=Per.TOTAL, amount=10240),
        PlanLimit(limit="api_calls", per=Per.HOUR, amount=5000),
    )
    assert plans["basic"].features == ("core_agents", "basic_workflows", "email_support")


def test_an_amount_may_be_unlimited_nothing_and_as_much_as_64_bits_hold() -> None:
    plan = loaded(f"p, a, x, total, unlimited\np, a, y, total, 0\np, a, z, rate/second, {MAX_AMOUNT}\n").plans["a"]
    assert [one.amount for one in plan.limits] == [None, 0, MAX_AMOUNT]
    assert plan.limits[2].per is Per.RATE_PER_SECOND


def test_one_limit_may_have_an_amount_for_each_period() -> None:
    plan = loaded("p, a, calls, hour, 10\np, a, calls, day, 100\n").plans["a"]
    assert [(one.per, one.amount) for one in plan.limits] == [(Per.HOUR, 10), (Per.DAY, 100)]


def test_features_are_inherited_through_others_and_once_and_limits_never() -> None:
    plans = loaded(
        "p, basic, seats, total, 5\np2, basic, help\np2, plus, help\np2, plus, export\np2, top, audit\n"
        "g, plus, basic\ng, top, plus\ng, top, basic\n"
    ).plans
    assert plans["top"].features == ("audit", "help", "export")
    assert plans["plus"].features == ("help", "export")
    assert plans["top"].limits == ()


def test_a_tree_without_the_two_files_has_no_plans() -> None:
    assert load_snapshot(Tree(tree())).plans == {}


def test_a_plan_exists_where_either_file_names_it() -> None:
    plans = loaded("p2, rows-only, help\ng, heir, base\n", "plans: {sold-only: {name: Sold, price_monthly: 9}}\n").plans
    assert {*plans} == {"rows-only", "heir", "base", "sold-only"}
    assert (plans["sold-only"].title, plans["sold-only"].price_monthly, plans["sold-only"].features) == ("Sold", 9, ())
    assert (plans["rows-only"].title, plans["rows-only"].price_monthly) == ("rows-only", 0)


@pytest.mark.parametrize("name", ["rows", "base", "sold"])
def test_the_plan_after_the_end_may_stand_in_either_file(name: str) -> None:
    catalog = f"after_end: {name}\nplans: {{sold: }}\n"
    assert loaded("p2, rows, help\ng, rows, base\n", catalog).catalog.after_end == name


ROWS = [
    pytest.param("p, basic, seats, total\n", 1, "4 fields after its type, this one 3; write `p, PLAN", id="too short"),
    pytest.param("p2, basic, help, more\n", 1, "a p2 row has 2 fields", id="too long"),
    pytest.param("g, plus\n", 1, "write `g, PLAN, INHERITED`", id="inheritance of nothing"),
    pytest.param("p3, basic, help\n", 1, "unknown row type 'p3'; there are p, p2 and g", id="an unknown type"),
    pytest.param("P, basic, seats, total, 1\n", 1, "unknown row type 'P'", id="a type in capitals"),
    pytest.param("p2, *, help\n", 1, "plan must be a letter", id="a star for a plan"),
    pytest.param("p2, basic, help me\n", 1, "feature must be a letter", id="a feature with a blank"),
    pytest.param("p, basic, s/t, total, 1\n", 1, "limit must be a letter", id="a limit that is no name"),
    pytest.param("p, basic, seats, week, 1\n", 1, "billing_period or rate/second, not 'week'", id="no period"),
    pytest.param("p, basic, seats, TOTAL, 1\n", 1, "not 'TOTAL'", id="a period in capitals"),
    pytest.param("p, basic, seats, total, -1\n", 1, "from 0 to 9223372036854775807, or unlimited", id="negative"),
    pytest.param("p, basic, seats, total, 1.5\n", 1, "not '1.5'", id="a fraction"),
    pytest.param("p, basic, seats, total, 007\n", 1, "not '007'", id="zeros before"),
    pytest.param("p, basic, seats, total, 1_000\n", 1, "not '1_000'", id="an underscore"),
    pytest.param("p, basic, seats, total, \u0661\n", 1, "an amount is", id="a digit of another script"),
    pytest.param("p, basic, seats, total, Unlimited\n", 1, "not 'Unlimited'", id="unlimited in capitals"),
    pytest.param(f"p, a, b, total, {MAX_AMOUNT + 1}\n", 1, "9223372036854775808", id="beyond 64 bits"),
    pytest.param("p, a, b, day, 1\np, a, b, day, 2\n", 2, "p, a, b, day stands in line 1 already", id="a limit twice"),
    pytest.param("p2, a, b\np2, a, b\n", 2, "p2, a, b stands in line 1 already", id="a feature twice"),
    pytest.param("g, a, b\ng, a, b\n", 2, "g, a, b stands in line 1 already", id="inheritance twice"),
    pytest.param("g, a, b, acme\n", 1, "a g row has 2 fields", id="inheritance in one tenant"),
    pytest.param("g, a, a\n", 1, "a inherits from itself", id="from itself"),
    pytest.param("g, a, b\ng, b, a\n", 2, "in a circle: a -> b -> a", id="a circle"),
    pytest.param("g, x, a\ng, a, b\ng, b, a\n", 3, "in a circle: a -> b -> a", id="a circle above"),
    pytest.param('p2, a, "b"\n', 1, "a double quote has no meaning", id="quotes"),
]


@pytest.mark.parametrize(("rows", "line", "says"), ROWS)
def test_a_row_is_refused_with_its_line(rows: str, line: int, says: str) -> None:
    (fault,) = faults(files(rows))
    assert fault.startswith(f"policies/plans.csv:{line}: ")
    assert says in fault


def test_all_faults_of_a_row_and_of_the_file_are_told_at_once() -> None:
    found = faults(files("p, 1, s t, week, many\np2, basic\ng, a, a\n"))
    assert [one.split(": ")[0].removeprefix("policies/plans.csv:") for one in found] == ["1", "1", "1", "1", "2", "3"]


def chain(links: int) -> str:
    return "".join(f"g, plan-{n}, plan-{n + 1}\n" for n in range(links)) + f"p2, plan-{links}, help\n"


def test_plans_inherit_over_nine_others_as_casbin_does() -> None:
    assert loaded(chain(9)).plans["plan-0"].features == ("help",)
    (fault,) = faults(files(chain(10)))
    assert "policies/plans.csv:1: plans inherit over more than 9 others" in fault


def test_a_long_chain_is_refused_and_blows_nothing_up() -> None:
    (fault,) = faults(files(chain(999)))
    assert "over more than 9 others" in fault


def test_more_plans_than_anybody_has_are_refused() -> None:
    (fault,) = faults(files("".join(f"p2, plan-{n}, help\n" for n in range(1_001))))
    assert "more than 1000 plans" in fault


def test_features_do_not_multiply_without_end() -> None:
    rows = "".join(f"p2, base, feature-{n}\n" for n in range(2_000)) + "".join(f"g, p{n}, base\n" for n in range(900))
    (fault,) = faults(files(rows))
    assert "more than 100000 features" in fault


MODELS = [
    pytest.param("m2 = g(r2.plan, p2.plan) &&", "m2 = g(r2.plan, p2.plan) ||", 18, "`m2 = g(r2", id="another matcher"),
    pytest.param("r2 = plan, feature", "r2 = feature, plan", 4, "`r2 = feature, plan`", id="tokens in another order"),
    pytest.param("g = _, _", "g = _, _, _", 11, "write `g = _, _`", id="another role definition"),
    pytest.param("p2 = plan, feature", "p2 = plan, feature, eft", 8, "write `p2 = plan, feature`", id="a column more"),
    pytest.param("e = some(where (p.eft == allow))", "e = !some(where (p.eft == deny))", 14, "`e = !", id="a fail-open effect"),
    pytest.param("g = _, _", "g = _, _\ng2 = _, _", 12, "`g2` is not known here", id="a definition more"),
    pytest.param("e = some(where (", "e = some(where(", 14, "`e = some(where(p", id="an effect that stock Casbin does not know"),
    pytest.param("r2 = plan, feature", "r2 = pl an, feature", 4, "`r2 = pl an", id="a blank in a name"),
    pytest.param(") && r2.feature", ") &&r2.feature", 18, "`m2 = g(", id="a blank that stock Casbin needs"),
    pytest.param("[matchers]", "[matcher]", 16, "unknown section [matcher]", id="a misspelt section"),
    pytest.param("# What", "# doorward: allow-by-default\n# What", 1, "means nothing in this model", id="a comment that opens"),
    pytest.param("# What", "# doorward: match g with keyMatch\n# What", 1, "means nothing in this model", id="a pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "says"), MODELS)
def test_another_model_is_refused(old: str, new: str, line: int, says: str) -> None:
    assert old in PLANS_CONF
    found = faults(files(PLANS_CSV, PLANS_CONF.replace(old, new, 1)))
    assert found[0].startswith(f"models/plans.conf:{line}: ")
    assert says in found[0]


def test_a_definition_that_is_missing_is_told() -> None:
    model = PLANS_CONF.replace("m2 = g(r2.plan, p2.plan) && r2.feature == p2.feature\n", "")
    (fault,) = faults(files(PLANS_CSV, model))
    assert "models/plans.conf: `m2` is missing" in fault


def test_blanks_and_comments_of_the_model_do_not_count() -> None:
    model = PLANS_CONF.replace(", ", " ,  ").replace("r.plan == p.plan", "r.plan==p.plan").replace(" && ", "  &&  ")
    model = model.replace("atMost(", "atMost( ").replace("[matchers]", "\n# compared\n[matchers]")
    assert {*load_snapshot(Tree(files(PLANS_CSV, model))).plans} == {"basic", "professional", "enterprise"}


@pytest.mark.parametrize(("there", "missing"), [(PLANS, PLANS_MODEL), (PLANS_MODEL, PLANS)])
def test_one_of_the_two_files_alone_is_refused(there: str, missing: str) -> None:
    (fault,) = faults(tree() | {there: files(PLANS_CSV)[there]})
    assert fault == f"{missing}: missing; {there} needs it: add it, or remove that one too"


def test_a_file_that_is_too_large_is_refused() -> None:
    (fault,) = faults(files("#" * (1 << 20) + "\n"))
    assert "policies/plans.csv: larger than 1 MiB" in fault


def test_a_faulty_row_is_no_reason_to_say_that_its_plan_is_not_there() -> None:
    found = faults(files("p, gold, seats, total\n", catalog="after_end: gold\n"))
    assert [one.split(":")[0] for one in found] == [PLANS]


@pytest.mark.parametrize(
    ("catalog", "rows"),
    [
        pytest.param("plans: {basic: {price_monthly: 7}}\n", PLANS_CSV, id="a price"),
        pytest.param("roles: {}\n", PLANS_CSV + "p2, basic, another\n", id="a row"),
        pytest.param("plans: {new: }\n", "p2, new, help\n", id="other plans"),
    ],
)
def test_changed_plans_are_served_with_the_rules_that_were_built_before(catalog: str, rows: str) -> None:
    served = load_snapshot(Tree(files(PLANS_CSV, catalog="roles: {}\n")))
    new = Tree(files(rows, catalog=catalog))
    changed, whole = load_snapshot(new, previous=served), load_snapshot(new)
    assert changed.evaluator is served.evaluator
    assert changed.plans == whole.plans != served.plans


def test_plans_that_go_are_gone() -> None:
    served = load_snapshot(Tree(files(PLANS_CSV)))
    assert load_snapshot(Tree(tree()), previous=served).plans == {}


def test_faults_of_changed_plans_are_told_as_in_a_whole_load() -> None:
    new = files("p, a\n", catalog="x: 1\n")
    with pytest.raises(PolicyInvalid) as refused:
        load_snapshot(Tree(new), previous=load_snapshot(Tree(files(PLANS_CSV))))
    assert [str(one) for one in refused.value.problems] == faults(new)


def test_a_small_change_of_rules_keeps_plans_and_security() -> None:
    served = load_snapshot(Tree(files(PLANS_CSV)))
    changed = load_snapshot(Tree(files(PLANS_CSV) | tree(served.tree.files["policies/access.csv"].decode() + "g, user:a, role:user, *\n")), previous=served)  # fmt: skip
    assert changed.plans is served.plans
    assert changed.security is served.security
