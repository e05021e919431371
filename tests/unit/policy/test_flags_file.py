"""policies/flags.yaml: what may stand in it, and how each fault is told with its line and what to write instead."""

from datetime import date

import pytest

from doorward.domain.errors import PolicyInvalid
from doorward.domain.flags import DeclaredFlags, FlagRule, FlagType, Split
from doorward.policy import Snapshot, Tree, load_snapshot
from support.flag_builders import context
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, tree

FLAG = "a:\n  type: boolean\n  default: off\n"
STRINGS = "a:\n  type: string\n  variants: {x: one, y: two}\n  default: x\n"


def load(text: str, plans: str | None = PLANS_CSV) -> Snapshot:
    files = {FLAGS: text.encode()}
    if plans is not None:
        files |= {PLANS_MODEL: PLANS_CONF.encode(), PLANS: plans.encode()}
    return load_snapshot(Tree(tree() | files))


def declared(text: str) -> DeclaredFlags:
    return load(text).flags.declared


def faults(text: str, plans: str | None = PLANS_CSV) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        load(text, plans)
    return [str(one).removeprefix(f"{FLAGS}:") for one in refused.value.problems if one.path == FLAGS]


def test_everything_that_a_flag_may_say_is_read() -> None:
    found = declared(
        """$bucketing: 1
$segments:
  in Germany: r.ctx.context.country == 'DE'
web/neue Suche:
  type: string
  description: The new search
  owner: search
  variants: {old: v1, new: v2}
  default: old
  off: old
  enabled: false
  salt: Search 2026
  expires: 2026-12-31
  requires: {b: on, analytics: [on, off]}
  rules:
    - {when: r.ctx.tenant.plan == 'basic', segment: in Germany, serve: new}
    - from: 2026-01-01T00:00:00+01:00
      until: 2026-01-01T00:00:00Z
      split: {old: 99999, new: 1}
      by: r.ctx.context.device.id
b: {type: boolean, variants: {on: true, off: false}, default: on, rules: [{split: {on: 30, off: 70}, by: user, salt: s}]}
"""
    )
    flag, other = found.flags.values()
    assert (flag.key, flag.type, flag.description, flag.owner) == (
        "web/neue Suche", FlagType.STRING, "The new search", "search",
    )  # fmt: skip
    assert (flag.variants, flag.default, flag.off) == ({"old": "v1", "new": "v2"}, "old", "old")
    assert (flag.is_enabled, flag.expires, flag.line) == (False, date(2026, 12, 31), 4)
    assert flag.requires == {"b": ("on",), "analytics": ("on", "off")}
    assert flag.rules == (
        FlagRule(when="r.ctx.tenant.plan == 'basic'", segments=("in Germany",), serve="new", line=16),
        FlagRule(
            start=1_767_222_000.0,
            end=1_767_225_600.0,
            split=Split(weights={"old": 99_999, "new": 1}, by=("context", "device", "id"), salt="Search 2026"),
            line=17,
        ),
    )
    assert (other.default, other.off) == ("on", "off")
    assert other.rules[0].split == Split(weights={"on": 30_000, "off": 70_000}, by=("subject", "id"), salt="s")
    assert found.segments["in Germany"].line == 3


def test_the_default_file_has_one_flag_for_an_example() -> None:
    snapshot = load((ROOT / FLAGS).read_text())
    assert list(snapshot.flags.declared.flags) == ["new_dashboard"]
    assert snapshot.flags.evaluate("new_dashboard", context(plan="enterprise"), 0.0).rule == 1
    assert snapshot.flags.evaluate("new_dashboard", context("user-2"), 0.0).rule == 2


def test_a_file_is_not_needed_and_plan_features_are_flags() -> None:
    files = {PLANS_MODEL: PLANS_CONF.encode(), PLANS: b"p2, basic, help\n"}
    flags = load_snapshot(Tree(tree() | files)).flags
    assert flags.keys == ("help",)
    assert flags.evaluate("help", context(), 0.0, {"help"}).value is True


def test_a_boolean_flag_has_on_and_off_unless_it_says_otherwise() -> None:
    flag = declared(FLAG).flags["a"]
    assert flag.variants == {"on": True, "off": False}


def test_values_come_out_as_their_type() -> None:
    found = declared(
        "i: {type: integer, variants: {a: -9007199254740991, b: 0x10}, default: a}\n"
        "f: {type: float, variants: {a: 1, b: 2.5}, default: a}\n"
        "s: {type: string, variants: {a: on, b: '1', c: ''}, default: a}\n"
        "o: {type: object, variants: {a: {list: [1, {b: null}]}, b: {}}, default: a}\n"
    )
    values = [dict(flag.variants) for flag in found.flags.values()]
    assert values[0] == {"a": -9007199254740991, "b": 16}
    assert [str(one) for one in values[1].values()] == ["1.0", "2.5"]
    assert values[2] == {"a": "on", "b": "1", "c": ""}
    assert values[3] == {"a": {"list": [1, {"b": None}]}, "b": {}}
    assert type(values[3]["a"]) is dict


def test_a_feature_of_plans_may_have_rules() -> None:
    flags = load(
        "analytics: {type: boolean, from_plan: true, rules: [{when: r.ctx.tenant.id == 'a', serve: on}]}\n"
    ).flags
    told = [
        flags.evaluate("analytics", context(tenant), 0.0, plan).value
        for tenant, plan in (("a", ()), ("b", ()), ("b", {"analytics"}))
    ]
    assert told == [True, False, True]


def test_the_condition_true_may_stand_without_quotes() -> None:
    rules = "  rules:\n  - {when: True, segment: all, serve: on}\n"
    flags = load(f"$segments: {{all: true}}\n{FLAG}{rules}").flags
    assert flags.evaluate("a", context(), 0.0).value is True


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        pytest.param("$bucketing: 2\n", 1, "$bucketing is the version of the hash, and 1 is the only one", id="version"),
        pytest.param("$segment: {}\n", 1, "'$segment' means nothing; there are $bucketing and $segments", id="dollar"),
        pytest.param("$segments: [a]\n", 1, "$segments must be a mapping", id="segments"),
        pytest.param("$segments:\n  a:\n", 2, "the segment 'a' has no condition", id="an empty segment"),
        pytest.param("$segments: {a: r.sub == 1}\n", 1, "condition: `r.sub` is not below r.ctx", id="a segment's condition"),
        pytest.param("' a': {type: boolean, default: off}\n", 1, "a flag is called by 1 to 200 printable", id="blank key"),
        pytest.param(f"{'a' * 201}: {{type: boolean, default: off}}\n", 1, "1 to 200 printable", id="a long key"),
        pytest.param('"a\\u200b": {type: boolean, default: off}\n', 1, "1 to 200 printable", id="a hidden character"),
        pytest.param("a: true\n", 1, "the flag 'a' must be a mapping", id="no mapping"),
        pytest.param("a: {default: x, variants: {x: 1}}\n", 1, "has no type; write boolean, string, integer", id="no type"),
        pytest.param("a: {type: bool, default: off}\n", 1, "type must be boolean, string", id="an unknown type"),
        pytest.param(f"{FLAG}  rule: []\n", 4, "unknown key 'rule'; there are type", id="unknown key"),
        pytest.param("a: {type: string, default: x}\n", 1, "needs variants", id="no variants"),
        pytest.param("a: {type: string, variants: {}, default: x}\n", 1, "needs variants", id="empty variants"),
        pytest.param("a: {type: boolean}\n", 1, "has no default; name the variant, write `default: on`", id="no default"),
        pytest.param("a: {type: boolean, default: true}\n", 1, "default is True, which is none of its variants 'on' and 'off'", id="default"),
        pytest.param("a:\n  type: boolean\n  default: of\n", 3, "default is 'of', which is none", id="unknown default"),
        pytest.param(f"{FLAG}  off: no\n", 4, "off is 'no', which is none", id="unknown off"),
        pytest.param(f"{FLAG}  enabled: maybe\n", 4, "enabled must be true or false", id="enabled"),
        pytest.param(f"{FLAG}  salt: 7\n", 4, "salt must be a text of 1 to 200 printable", id="salt"),
        pytest.param(f"{FLAG}  expires: 2026-13-01\n", 4, "expires '2026-13-01' is no day; write it like", id="no day"),
        pytest.param(f"{FLAG}  expires: soon\n", 4, "expires 'soon' is no day", id="soon"),
        pytest.param("a: {type: boolean, default: x, variants: {x: yes}}\n", 1, "'x' is 'yes'; a boolean flag needs true or false", id="boolean"),
        pytest.param("a: {type: integer, default: x, variants: {x: 1.0}}\n", 1, "'x' is 1.0; an integer flag needs a whole number", id="integer"),
        pytest.param("a: {type: integer, default: x, variants: {x: 9007199254740992}}\n", 1, "every client can hold", id="large integer"),
        pytest.param("a: {type: float, default: x, variants: {x: '1'}}\n", 1, "'x' is '1'; a float flag needs a number", id="float"),
        pytest.param("a: {type: string, default: x, variants: {x: 5}}\n", 1, "'x' is 5; a string flag needs a text; quote it", id="string"),
        pytest.param("a: {type: string, default: x, variants: {x: }}\n", 1, "'x' is None; a string flag", id="null"),
        pytest.param("a: {type: object, default: x, variants: {x: [1]}}\n", 1, "'x' is a list; an object flag needs a mapping", id="object"),
        pytest.param("a: {type: boolean, default: override, variants: {override: true}}\n", 1, "'override' is what answers call", id="override"),
        pytest.param(f"{FLAG}  requires: b\n", 4, "requires must be a mapping", id="requires"),
        pytest.param(f"{FLAG}  requires:\n    b: on\n", 5, "'a' requires the flag 'b', which is not there", id="unknown flag"),
        pytest.param(f"{FLAG}  requires: {{a1: []}}\na1: {{type: boolean, default: off}}\n", 4, "'a1' is required with []", id="no variant"),
        pytest.param(f"{FLAG}  requires: {{b: [on, no]}}\nb: {{type: boolean, default: off}}\n", 4, "requires 'b' to be 'no'; its variants are 'on' and 'off'", id="unknown variant"),
        pytest.param(f"{FLAG}  requires: {{analytics: yes}}\n", 4, "requires 'analytics' to be 'yes'", id="variant of a feature"),
        pytest.param(f"{FLAG}  requires: {{a: on}}\n", 4, "in a circle: a -> a", id="itself"),
        pytest.param("analytics: {type: boolean, default: off}\n", 1, "'analytics' is a feature of plans; write `from_plan: true`", id="feature"),
        pytest.param(f"{FLAG}  from_plan: true\n", 4, "no plan has the feature 'a'", id="no feature"),
        pytest.param("analytics: {type: string, from_plan: true, variants: {x: a}, default: x}\n", 1, "with from_plan a flag is boolean", id="type of a feature"),
        pytest.param("analytics: {type: boolean, from_plan: true, default: on}\n", 1, "with from_plan the default is a variant that is false", id="default of a feature"),
        pytest.param("analytics: {type: boolean, from_plan: true, variants: {off: false}}\n", 1, "one of the variants is true", id="variants of a feature"),
        pytest.param(f"{FLAG}  rules: {{serve: on}}\n", 4, "rules must be a list", id="rules"),
        pytest.param(f"{FLAG}  rules: [on]\n", 4, "rules holds 'on'; write", id="a rule"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(text: str, line: int, says: str) -> None:
    found = faults(text)
    assert [one for one in found if one.startswith(f"{line}: ") and says in one], found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param("{serve: on, sevre: x}", "unknown key 'sevre'", id="unknown key"),
        pytest.param("{when: 'r.ctx.tenant.plan = 1', serve: on}", "condition: no expression", id="condition"),
        pytest.param("{when: 5, serve: on}", "'when' must be a condition", id="no condition"),
        pytest.param("{when: , serve: on}", "when is empty, and the rule would hold for all", id="empty condition"),
        pytest.param("{when: r.ctx.resource.id == 'a', serve: on}", "write r.ctx.SECTION.NAME with context, env, subject, tenant", id="resource"),
        pytest.param("{when: r.ctx.tenant.paln == 'a', serve: on}", "`r.ctx.tenant.paln` is never given", id="unknown attribute"),
        pytest.param("{segment: b, serve: on}", "there is no segment 'b' in $segments; there are 's'", id="unknown segment"),
        pytest.param("{segment: [], serve: on}", "segment is an empty list", id="no segment"),
        pytest.param("{segment: [s, 1], serve: on}", "there is no segment 1", id="a segment that is no text"),
        pytest.param("{when: True}", "a rule has `serve` or `split`; write", id="nothing served"),
        pytest.param("{serve: on, split: {on: 100}}", "a rule has `serve` or `split`; keep one", id="both"),
        pytest.param("{serve: no}", "serve is 'no', which is none of its variants 'on' and 'off'", id="unknown variant"),
        pytest.param("{serve: true}", "serve is True, which is none", id="a value"),
        pytest.param("{serve: on, by: user}", "`by` goes with a split alone", id="by"),
        pytest.param("{serve: on, salt: s}", "`salt` goes with a split alone", id="salt"),
        pytest.param("{split: on}", "split must be a mapping", id="split"),
        pytest.param("{split: {on: 30, off: 69}}", "the weights add up to 99; they must add up to 100 (percent) or 100000", id="sum"),
        pytest.param("{split: {on: 101, off: -1}}", "the weight of 'off' must be a whole number from 0", id="negative"),
        pytest.param("{split: {on: 99.5, off: 0.5}}", "the weight of 'on' must be a whole number", id="half"),
        pytest.param("{split: {on: true, off: 99}}", "the weight of 'on' must be a whole number", id="a truth value"),
        pytest.param("{split: {on: 30, no: 70}}", "split has 'no', which is none of its variants", id="unknown variant in a split"),
        pytest.param("{split: {on: 100}, by: device}", "by 'device' is no path", id="by a word"),
        pytest.param("{split: {on: 100}, by: [user]}", "by must be tenant, user or a path", id="by a list"),
        pytest.param("{split: {on: 100}, by: r.ctx.resource.id}", "by: `r.ctx.resource.id` names no attribute", id="by a resource"),
        pytest.param("{split: {on: 100}, by: 'r.ctx.context.a or 1'}", "is no path", id="by an expression"),
        pytest.param("{from: 2026-01-01, serve: on}", "from '2026-01-01' is no time with its zone", id="a day"),
        pytest.param("{from: '2026-01-01T00:00:00', serve: on}", "is no time with its zone", id="no zone"),
        pytest.param("{until: '2026-02-30T00:00:00Z', serve: on}", "until '2026-02-30T00:00:00Z' is no time", id="no such day"),
        pytest.param("{from: '2026-01-02T00:00:00Z', until: '2026-01-02T01:00:00+01:00', serve: on}", "until is not after from", id="an empty span"),
    ],
)  # fmt: skip
def test_a_fault_of_a_rule_is_told_with_its_line(rule: str, says: str) -> None:
    found = faults(f"$segments: {{s: True}}\n{FLAG}  rules:\n    - {rule}\n")
    assert [one for one in found if one.startswith("6: ") and says in one], found
    assert len({one.partition(":")[0] for one in found}) == 1


@pytest.mark.parametrize("first", ["{serve: off}", "{split: {on: 1, off: 99}}", "{when: True, serve: off}"])
def test_a_rule_behind_one_that_always_decides_is_refused(first: str) -> None:
    found = faults(f"{FLAG}  rules:\n    - {first}\n    - {{when: r.ctx.context.a, serve: on}}\n")
    assert [one.partition(";")[0] for one in found] == [
        "6: never reached: the rule in line 5 has no condition and always decides"
    ]


def test_a_rule_whose_condition_is_refused_is_not_taken_for_one_that_always_decides() -> None:
    rules = "    - {when: 5, serve: on}\n    - {from: x, serve: on}\n    - {segment: x, serve: on}\n    - {serve: on}\n"
    assert [one[:2] for one in faults(f"{FLAG}  rules:\n{rules}")] == ["5:", "6:", "7:"]


def test_every_fault_of_a_file_is_told_at_once() -> None:
    found = faults("a: {type: bool, default: x}\nb: {type: boolean, default: of, enabled: 1}\nc: 5\n")
    assert [one[:2] for one in found] == ["1:", "2:", "2:", "3:"]


def test_circles_are_told_once_each_with_their_names() -> None:
    entry = "{}: {{type: boolean, default: off, requires: {{{}: on}}}}\n".format
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("x", "y"), ("y", "x"), ("z", "w")]
    text = "".join(entry(*pair) for pair in pairs) + FLAG.replace("a:", "w:")
    assert sorted(one.partition(": ")[2].split(";")[0] for one in faults(text)) == [
        "flags require each other in a circle: a -> b -> c -> a",
        "flags require each other in a circle: x -> y -> x",
    ]


def test_a_circle_is_found_beside_requirements_that_are_in_none() -> None:
    text = (
        "a: {type: boolean, default: off, requires: {free: on, b: on}}\n"
        "b: {type: boolean, default: off, requires: {a: on, free: on}}\n"
        "free: {type: boolean, default: off}\n"
    )
    assert [one[:60] for one in faults(text)] == ["1: flags require each other in a circle: a -> b -> a; remove"]


def test_a_chain_of_thousands_of_flags_loads() -> None:
    entry = "f{}: {{type: boolean, default: on, requires: {{f{}: on}}}}\n".format
    text = "".join(entry(one, one + 1) for one in range(3_000)) + FLAG.replace("a:", "f3000:")
    assert load(text).flags.evaluate("f0", context(), 0.0).value is False


def test_a_flag_that_cannot_be_read_is_not_called_missing() -> None:
    assert [one[:2] for one in faults(f"{FLAG}  requires: {{b: on}}\nb: 5\n")] == ["5:"]


def test_where_plans_cannot_be_read_nothing_is_said_about_features() -> None:
    text = "analytics: {type: boolean, from_plan: true}\nb: {type: boolean, default: off, requires: {help: on}}\n"
    assert faults(text, "p2, basic\n") == []


def test_a_change_of_flags_alone_and_one_of_rules_alone_are_followed() -> None:
    first = load(FLAG)
    files = dict(first.tree.files)
    second = load_snapshot(Tree(files | {FLAGS: FLAG.replace("off", "on").encode()}), previous=first)
    rules = files["policies/access.csv"] + b"p, extra, user:a, *, b:1, c, True, allow\n"
    third = load_snapshot(Tree({**second.tree.files, "policies/access.csv": rules}), previous=second)
    assert [one.flags.evaluate("a", context(), 0.0).value for one in (first, second, third)] == [False, True, True]
    assert third.flags is second.flags


def test_a_feature_that_is_taken_out_of_all_plans_is_no_flag_any_more() -> None:
    first = load("", "p2, basic, help\n")
    second = load_snapshot(Tree({**first.tree.files, PLANS: b"p2, basic, other\n"}), previous=first)
    assert [one.flags.find("help") is None for one in (first, second)] == [False, True]
