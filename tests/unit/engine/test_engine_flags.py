"""What a flag answers: overrides, disabled flags, prerequisites, rules, plans and defaults, in this order."""

from typing import Any

import pytest

from doorward.domain.bucketing import bucket
from doorward.domain.flags import DecidedBy, FlagError, FlagRule, FlagType, Reason
from support.flag_builders import ON_OFF, a_flag, context, flags_of, split

ALWAYS = FlagRule(serve="on")
ENTERPRISE = FlagRule(when="r.ctx.tenant.plan == 'enterprise'", serve="on")
USER = ("subject", "id")


def test_a_flag_without_rules_is_static() -> None:
    answer = flags_of(a_flag()).evaluate("a", context(), 0.0)
    assert (answer.value, answer.variant, answer.reason, answer.decided_by) == (
        False, "off", Reason.STATIC, DecidedBy.DEFAULT,
    )  # fmt: skip


def test_the_first_rule_that_holds_decides_and_is_named() -> None:
    flags = flags_of(a_flag("a", FlagRule(when="r.ctx.context.n > 5", serve="off"), ENTERPRISE, ALWAYS))
    answer = flags.evaluate("a", context(plan="enterprise", n=1), 0.0)
    assert (answer.variant, answer.reason, answer.rule) == ("on", Reason.TARGETING_MATCH, 2)
    assert flags.evaluate("a", context(n=1), 0.0).rule == 3


def test_where_no_rule_holds_the_default_is_served() -> None:
    answer = flags_of(a_flag("a", ENTERPRISE)).evaluate("a", context(), 0.0)
    assert (answer.variant, answer.reason, answer.rule) == ("off", Reason.DEFAULT, None)


def test_a_rule_that_reads_an_absent_attribute_does_not_match_and_the_attribute_is_named() -> None:
    flags = flags_of(a_flag("a", FlagRule(when="r.ctx.context.n > 5", serve="on"), FlagRule(serve="off")))
    answer = flags.evaluate("a", context(), 0.0)
    assert (answer.variant, answer.rule, answer.absent) == ("off", 2, ("context.n",))


def test_a_failure_in_a_rule_leaves_this_flag_without_a_value_and_touches_no_other() -> None:
    fails = a_flag("a", FlagRule(when="r.ctx.context.n > 5", serve="on"), ALWAYS)
    first, second = flags_of(fails, a_flag("b", ALWAYS)).evaluate_all(context(n="secret"), 0.0)
    assert (first.value, first.variant, first.reason, first.error) == (None, None, Reason.ERROR, FlagError.GENERAL)
    assert first.detail is not None
    assert "rule 1" in first.detail
    assert "secret" not in first.detail
    assert second.value is True


def test_a_segment_of_several_is_enough_also_beside_one_that_cannot_be_told() -> None:
    rule = FlagRule(segments=("absent", "de"), when="r.ctx.subject.type == 'user'", serve="on")
    flags = flags_of(a_flag("a", rule), absent="r.ctx.subject.level > 3", de="r.ctx.context.country == 'DE'")
    answer = flags.evaluate("a", context(country="DE"), 0.0)
    assert (answer.variant, answer.absent) == ("on", ("subject.level",))
    assert flags.evaluate("a", context(country="FR"), 0.0).variant == "off"


@pytest.mark.parametrize(("now", "variant"), [(9.999, "off"), (10.0, "on"), (19.999, "on"), (20.0, "off")])
def test_a_rule_holds_from_its_beginning_until_right_before_its_end(now: float, variant: str) -> None:
    assert (
        flags_of(a_flag("a", FlagRule(start=10.0, end=20.0, serve="on"))).evaluate("a", context(), now).variant
        == variant
    )


def test_a_disabled_flag_serves_its_off_variant_whatever_its_rules_say() -> None:
    answer = flags_of(a_flag("a", ALWAYS, default="on", is_enabled=False)).evaluate("a", context(), 0.0)
    assert (answer.value, answer.reason, answer.decided_by) == (False, Reason.DISABLED, DecidedBy.DISABLED)


def test_a_split_serves_the_variant_of_the_bucket() -> None:
    flags = flags_of(a_flag("a", FlagRule(split=split(on=30_000, off=70_000))))
    found = {tenant: flags.evaluate("a", context(tenant), 0.0) for tenant in map(str, range(200))}
    assert {one.variant for one in found.values()} == {"on", "off"}
    for tenant, answer in found.items():
        assert answer.bucket == bucket("a", tenant)
        assert answer.variant == ("on" if answer.bucket < 30_000 else "off")
        assert answer.reason is Reason.SPLIT


def test_an_interval_ends_right_before_the_next_one_begins() -> None:
    edge = bucket("a", "acme")
    told = [
        flags_of(a_flag("a", FlagRule(split=split(on=weight, off=100_000 - weight))))
        .evaluate("a", context(), 0.0)
        .variant
        for weight in (edge, edge + 1)
    ]
    assert told == ["off", "on"]


def test_a_variant_of_no_weight_is_never_served() -> None:
    flags = flags_of(a_flag("a", FlagRule(split=split(on=0, off=100_000))))
    assert {flags.evaluate("a", context(str(one)), 0.0).variant for one in range(500)} == {"off"}


@pytest.mark.parametrize("device", [42, 42.0, "42"], ids=["whole number", "float that is whole", "text"])
def test_a_whole_number_is_split_by_its_digits(device: object) -> None:
    flags = flags_of(a_flag("a", FlagRule(split=split(("context", "device"), on=50_000, off=50_000))))
    assert flags.evaluate("a", context(device=device), 0.0).bucket == bucket("a", "42")


SORTS = ("truth value", "part", "list", "object", "infinite", "no number", "half a character", "very many digits")


@pytest.mark.parametrize("device", [True, 1.5, [], {}, float("inf"), float("nan"), "\ud800", 10**5_000], ids=SORTS)
def test_what_cannot_be_split_by_is_an_error(device: object) -> None:
    flags = flags_of(a_flag("a", FlagRule(split=split(("context", "device"), on=50_000, off=50_000))))
    assert flags.evaluate("a", context(device=device), 0.0).error is FlagError.GENERAL


@pytest.mark.parametrize("device", [None, ""])
def test_a_split_by_nothing_does_not_match_and_is_noted(device: object) -> None:
    flags = flags_of(a_flag("a", FlagRule(split=split(("context", "device"), on=50_000, off=50_000))))
    answer = flags.evaluate("a", context(device=device), 0.0)
    assert (answer.variant, answer.reason, answer.absent) == ("off", Reason.DEFAULT, ("context.device",))


BY_USER = FlagRule(split=split(USER, on=100_000))


def test_a_split_by_user_needs_a_targeting_key() -> None:
    answer = flags_of(a_flag("a", BY_USER)).evaluate("a", context(user=None), 0.0)
    assert (answer.error, answer.variant, answer.absent) == (FlagError.TARGETING_KEY_MISSING, None, ("subject.id",))


def test_no_targeting_key_is_needed_where_another_rule_decides() -> None:
    before = flags_of(a_flag("a", FlagRule(when="not has(r.ctx.subject.id)", serve="off"), BY_USER))
    after = flags_of(a_flag("a", BY_USER, ALWAYS))
    assert [one.evaluate("a", context(user=None), 0.0).rule for one in (before, after)] == [1, 2]


def test_no_targeting_key_is_needed_where_the_plan_decides() -> None:
    flags = flags_of(a_flag("f", BY_USER, from_plan=True), features=("f",))
    assert flags.evaluate("f", context(user=None), 0.0, {"f"}).decided_by is DecidedBy.PLAN
    assert flags.evaluate("f", context(user=None), 0.0).error is FlagError.TARGETING_KEY_MISSING


def test_a_condition_that_reads_an_absent_user_needs_no_targeting_key() -> None:
    flags = flags_of(a_flag("a", FlagRule(when="r.ctx.subject.id == 'u1'", serve="on")))
    assert flags.evaluate("a", context(user=None), 0.0).reason is Reason.DEFAULT


def test_a_plan_feature_without_an_entry_is_a_boolean_flag() -> None:
    flags = flags_of(features=("analytics",))
    has, lacks = flags.evaluate("analytics", context(), 0.0, {"analytics"}), flags.evaluate("analytics", context(), 0.0)
    assert (has.value, has.variant, has.reason, has.type) == (True, "on", Reason.TARGETING_MATCH, FlagType.BOOLEAN)
    assert (lacks.value, lacks.variant, lacks.reason) == (False, "off", Reason.DEFAULT)


def test_rules_are_asked_before_the_plan() -> None:
    rule = FlagRule(when="r.ctx.tenant.id == 'acme'", serve="off")
    flags = flags_of(a_flag("f", rule, from_plan=True), features=("f",))
    assert flags.evaluate("f", context("acme"), 0.0, {"f"}).value is False
    assert flags.evaluate("f", context("globex"), 0.0, {"f"}).value is True


def test_a_plan_serves_the_variant_that_is_true() -> None:
    flags = flags_of(a_flag("f", variants={"no": False, "yes": True}, default="no", off="no", from_plan=True))
    assert flags.evaluate("f", context(), 0.0, {"f"}).variant == "yes"


def test_an_override_comes_before_everything() -> None:
    flags = flags_of(a_flag("b"), a_flag("a", ALWAYS, is_enabled=False, requires={"b": ("on",)}))
    answer = flags.evaluate("a", context(), 0.0, overrides={"a": True})
    assert (answer.value, answer.variant, answer.decided_by) == (True, "on", DecidedBy.OVERRIDE)


def test_an_override_of_a_value_of_no_variant_has_the_variant_override() -> None:
    size = a_flag("a", type=FlagType.INTEGER, variants={"s": 1, "l": 9}, default="s", off="s")
    flags = flags_of(size)
    assert [flags.evaluate("a", context(), 0.0, overrides={"a": one}).variant for one in (9, 5)] == ["l", "override"]


@pytest.mark.parametrize(
    ("kind", "variants", "value"),
    [
        (FlagType.BOOLEAN, ON_OFF, 1),
        (FlagType.BOOLEAN, ON_OFF, "on"),
        (FlagType.INTEGER, {"on": 1, "off": 0}, True),
        (FlagType.INTEGER, {"on": 1, "off": 0}, 1.0),
        (FlagType.INTEGER, {"on": 1, "off": 0}, 2**53),
        (FlagType.FLOAT, {"on": 1.0, "off": 0.0}, "1"),
        (FlagType.FLOAT, {"on": 1.0, "off": 0.0}, float("nan")),
        (FlagType.FLOAT, {"on": 1.0, "off": 0.0}, 10**400),
        (FlagType.STRING, {"on": "a", "off": "b"}, None),
        (FlagType.OBJECT, {"on": {"a": 1}, "off": {}}, [1]),
        (FlagType.OBJECT, {"on": {"a": 1}, "off": {}}, {"a": {1, 2}}),
    ],
)
def test_an_override_that_does_not_fit_is_ignored_and_noted(kind: FlagType, variants: Any, value: object) -> None:
    flags = flags_of(a_flag("a", ALWAYS, type=kind, variants=variants))
    answer = flags.evaluate("a", context(), 0.0, overrides={"a": value})
    assert (answer.variant, answer.decided_by, answer.override_ignored) == ("on", DecidedBy.RULE, True)


def test_of_variants_with_one_value_the_first_names_an_override_and_what_a_plan_gives() -> None:
    variants = {"off": False, "beta": True, "stable": True}
    flags = flags_of(a_flag("f", variants=variants, from_plan=True), features=("f",))
    assert flags.evaluate("f", context(), 0.0, overrides={"f": True}).variant == "beta"
    assert flags.evaluate("f", context(), 0.0, {"f"}).variant == "beta"


def test_a_whole_number_overrides_a_float_as_a_float() -> None:
    flags = flags_of(a_flag("a", type=FlagType.FLOAT, variants={"on": 1.0, "off": 0.0}))
    answer = flags.evaluate("a", context(), 0.0, overrides={"a": 1})
    assert (answer.variant, str(answer.value)) == ("on", "1.0")


def test_an_override_of_an_object_is_its_variant_whatever_the_order_of_its_keys() -> None:
    flags = flags_of(a_flag("a", type=FlagType.OBJECT, variants={"on": {"a": 1, "b": True}, "off": {}}))
    told = [
        flags.evaluate("a", context(), 0.0, overrides={"a": one}).variant
        for one in ({"b": True, "a": 1}, {"a": True, "b": 1})
    ]
    assert told == ["on", "override"]


def test_a_prerequisite_that_has_another_variant_switches_off() -> None:
    flags = flags_of(a_flag("b", ENTERPRISE), a_flag("a", ALWAYS, default="on", requires={"b": ("on", "other")}))
    unmet = flags.evaluate("a", context(), 0.0)
    assert (unmet.variant, unmet.reason, unmet.decided_by) == ("off", Reason.DEFAULT, DecidedBy.PREREQUISITE)
    assert unmet.detail == "it requires b, which has another variant"
    assert flags.evaluate("a", context(plan="enterprise"), 0.0).decided_by is DecidedBy.RULE


def test_an_override_of_a_prerequisite_counts() -> None:
    flags = flags_of(a_flag("b"), a_flag("a", ALWAYS, requires={"b": ("on",)}))
    assert flags.evaluate("a", context(), 0.0, overrides={"b": True}).value is True


def test_a_feature_of_a_plan_may_be_required() -> None:
    flags = flags_of(a_flag("a", ALWAYS, requires={"analytics": ("on",)}), features=("analytics",))
    assert [flags.evaluate("a", context(), 0.0, has).value for has in ({"analytics"}, ())] == [True, False]


def test_a_prerequisite_without_a_value_gives_its_error() -> None:
    flags = flags_of(a_flag("b", BY_USER), a_flag("a", ALWAYS, requires={"b": ("on",)}))
    answer = flags.evaluate("a", context(user=None), 0.0)
    assert (answer.error, answer.key) == (FlagError.TARGETING_KEY_MISSING, "a")


def test_prerequisites_go_to_any_depth() -> None:
    chain = [a_flag("0", ALWAYS)]
    chain += [a_flag(str(one), ALWAYS, requires={str(one - 1): ("on",)}) for one in range(1, 5_000)]
    flags = flags_of(*chain)
    assert flags.evaluate("4999", context(), 0.0).value is True
    assert flags.evaluate("4999", context(), 0.0, overrides={"0": False}).value is False


def test_a_flag_that_is_required_by_many_ways_is_asked_once() -> None:
    layers = [a_flag("0", ALWAYS), a_flag("0'", ALWAYS)]
    for one in range(1, 40):
        needs = {str(one - 1): ("on",), f"{one - 1}'": ("on",)}
        layers += [a_flag(str(one), ALWAYS, requires=needs), a_flag(f"{one}'", ALWAYS, requires=needs)]
    assert flags_of(*layers).evaluate("39", context(), 0.0).value is True


def test_a_flag_that_is_not_there_is_not_found() -> None:
    answer = flags_of(a_flag()).evaluate("b", context(), 0.0)
    assert (answer.error, answer.value, answer.type) == (FlagError.FLAG_NOT_FOUND, None, None)


def test_a_flag_of_another_type_is_a_mismatch() -> None:
    answer = flags_of(a_flag()).evaluate("a", context(), 0.0)
    assert answer.as_type(FlagType.BOOLEAN) is answer
    assert answer.as_type(FlagType.STRING).error is FlagError.TYPE_MISMATCH
    missing = flags_of().evaluate("a", context(), 0.0)
    assert missing.as_type(FlagType.STRING) is missing


def test_all_flags_are_answered_in_the_order_of_the_file_then_plan_features() -> None:
    flags = flags_of(a_flag("z", ENTERPRISE), a_flag("a", requires={"z": ("on",)}), features=("m", "b"))
    answers = flags.evaluate_all(context(), 0.0, {"m"}, {"z": True})
    assert [one.key for one in answers] == ["z", "a", "b", "m"]
    assert answers == [flags.evaluate(key, context(), 0.0, {"m"}, {"z": True}) for key in flags.keys]
