"""Laws of splits and evaluations: fair shares, raising takes from nobody, equal salts agree, nothing else takes part."""

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.bucketing import BUCKETS
from doorward.domain.flags import Flag, FlagAnswer, FlagRule, FlagType, Split
from support.flag_builders import a_flag, context, flags_of
from support.flag_strategies import CONTEXTS, RULES, VALUES

NAMES = ("a", "b", "c", "d", "e")
SALTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
EXAMPLES = max(20, int(1_000 * SCALE))


@st.composite
def weights(draw: st.DrawFn, least: int = 1) -> dict[str, int]:
    """Weights of some variants that add up to all buckets."""
    count = draw(st.integers(least, len(NAMES)))
    cuts = sorted(draw(st.lists(st.integers(0, BUCKETS), min_size=count - 1, max_size=count - 1)))
    return {name: upper - lower for name, lower, upper in zip(NAMES, [0, *cuts], [*cuts, BUCKETS], strict=False)}


def split_flag(shares: Mapping[str, int], salt: str, key: str = "f") -> Flag:
    variants: dict[str, Any] = {name: name for name in NAMES}
    rule = FlagRule(split=Split(weights=shares, by=("tenant", "id"), salt=salt))
    return a_flag(key, rule, type=FlagType.STRING, variants=variants, default="a", off="a")


def served(shares: Mapping[str, int], salt: str, tenant: str) -> str | None:
    return flags_of(split_flag(shares, salt)).evaluate("f", context(tenant), 0.0).variant


@given(weights(), SALTS)
@settings(max_examples=max(5, int(100 * SCALE)), deadline=None)
def test_shares_lie_within_what_chance_allows(shares: dict[str, int], salt: str) -> None:
    count = 4_000
    flags = flags_of(split_flag(shares, salt))
    found = Counter(flags.evaluate("f", context(f"tenant-{one}"), 0.0).variant for one in range(count))
    for name, weight in shares.items():
        share = weight / BUCKETS
        deviation = (count * share * (1 - share)) ** 0.5
        assert abs(found[name] - count * share) <= 6 * deviation + 1  # by chance once in a hundred million


@given(weights(least=2), st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_raising_one_weight_and_no_other_takes_the_variant_from_nobody(
    before: dict[str, int], data: st.DataObject
) -> None:
    raised = data.draw(st.sampled_from([*before]))
    after = dict(before)
    for other in data.draw(st.permutations([name for name in before if name != raised])):
        taken = data.draw(st.integers(0, after[other]))
        after[other] -= taken
        after[raised] += taken
    for tenant in data.draw(st.lists(TEXTS, min_size=1, max_size=20)):
        if served(before, "salt", tenant) == raised:
            assert served(after, "salt", tenant) == raised


@given(weights(), SALTS, TEXTS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_flags_of_equal_salts_agree(shares: dict[str, int], salt: str, tenant: str) -> None:
    flags = flags_of(split_flag(shares, salt, "one"), split_flag(shares, salt, "other"))
    one, other = flags.evaluate_all(context(tenant), 0.0)
    assert (one.bucket, one.variant) == (other.bucket, other.variant)


@given(
    st.lists(RULES, min_size=3, max_size=3), CONTEXTS, st.floats(0, 10), st.dictionaries(st.sampled_from("abc"), VALUES)
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_answer_depends_on_its_arguments_alone(
    rules: list[list[FlagRule]], ctx: dict[str, Any], now: float, overrides: dict[str, Any]
) -> None:
    a, b, c = rules
    declared = (a_flag("a", *a, requires={"c": ("on",)}), a_flag("b", *b, requires={"a": ("on",)}), a_flag("c", *c))
    before = copy.deepcopy(ctx)
    flags = flags_of(*declared, features=("f",), de="r.ctx.context.country == 'DE'")
    first = flags.evaluate_all(ctx, now, {"f"}, overrides)
    alone = [flags.evaluate(key, ctx, now, {"f"}, overrides) for key in reversed(flags.keys)]
    others = flags_of(*declared[::-1], features=("f",), de="r.ctx.context.country == 'DE'")
    assert first == alone[::-1]
    assert by_key(first) == by_key(others.evaluate_all(ctx, now, {"f"}, overrides))
    assert ctx == before
    for one in first:
        assert (one.error is None) is (one.variant is not None)
        assert (one.bucket is not None) is (one.reason == "SPLIT")


def by_key(answers: list[FlagAnswer]) -> dict[str, FlagAnswer]:
    return {one.key: one for one in answers}
