"""All flags put together from pieces are what each of them is alone, are counted so, and have a tag of their own."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.flags import FlagAnswer, FlagRule
from doorward.engine.flags import Flags
from doorward.services.flags import FlagQuestion
from doorward.web.flag_batches import Batches, kind_of
from doorward.web.metrics import Meter
from support.flag_builders import a_flag, context, flags_of, split
from support.flag_strategies import CONTEXTS, RULES, VALUES

OVERRIDES = st.dictionaries(st.sampled_from("abcf"), VALUES)


def write(answer: FlagAnswer) -> bytes:
    """What tells answers apart on the wire, with a comma that must not part it."""
    return repr((answer.key, answer.value, answer.variant, answer.reason, answer.error, answer.detail)).encode()


def batches_of(flags: Flags, most_bytes: int = 1 << 20) -> Batches:
    policy: Any = SimpleNamespace(flags=flags)
    return Batches(policy, write, most_bytes)


def ask(
    batches: Batches, ctx: dict[str, Any], now: float = 0.0, overrides: dict[str, Any] | None = None
) -> tuple[bytes, str, list[Any]]:
    """The body, its tag, and what is counted."""
    question = FlagQuestion(batches.policy, ctx, now, None, ("f",), overrides or {}, now + 1)
    answer = batches.answer(question)
    alone = [batches.policy.flags.evaluate(key, ctx, now, ("f",), overrides or {}) for key in batches.policy.flags.keys]
    assert answer.body == b'{"flags":[' + b",".join(map(write, alone)) + b"]}"
    meter = Meter()
    meter.flags(answer.counted)
    assert meter.flag_evaluations() == Counter(map(kind_of, alone))
    return answer.body, answer.tag, [answer.since, answer.until]


@given(
    st.lists(RULES, min_size=4, max_size=4),
    st.lists(st.tuples(CONTEXTS, st.floats(0, 10), OVERRIDES), min_size=1, max_size=4),
    st.integers(0, 2_000),
)
@settings(max_examples=max(40, int(2_000 * SCALE)), deadline=None)
def test_together_they_are_what_each_is_alone(
    rules: list[list[FlagRule]], asked: list[tuple[dict[str, Any], float, dict[str, Any]]], most_bytes: int
) -> None:
    a, b, c, d = rules
    requires = ({"c": ("on",), "f": ("on",)}, {"a": ("on",)}, {}, {"b": ("off",)})
    declared = [a_flag(key, *of, requires=needs) for key, of, needs in zip("abcd", (a, b, c, d), requires, strict=True)]
    flags = flags_of(*declared, features=("f",), de="r.ctx.context.country == 'DE'")
    batches, small = batches_of(flags), batches_of(flags, most_bytes)
    bodies: dict[str, bytes] = {}
    for ctx, now, overrides in asked * 2:
        body, tag, times = ask(batches, ctx, now, overrides)
        assert (body, tag, times) == ask(small, ctx, now, overrides), "it does not matter what is kept"
        assert times == [now, now + 1]
        assert bodies.setdefault(tag, body) == body


def test_what_a_split_decides_is_no_part_of_what_is_kept() -> None:
    shares = [FlagRule(split=split(("subject", "id"), str(number), on=30_000, off=70_000)) for number in range(5)]
    batches = batches_of(flags_of(*(a_flag(str(number), rule) for number, rule in enumerate(shares))))
    found = {ask(batches, context(user=f"user-{number}"))[:2] for number in range(60)}
    assert len(found) > 20
    assert len({tag for _, tag in found}) == len({body for body, _ in found}) == len(found)


def test_a_tag_is_the_same_in_every_process_and_whatever_else_a_policy_says() -> None:
    rule = FlagRule(when="r.ctx.context.country == 'DE'", serve="on")
    one, same = (batches_of(flags_of(a_flag("a", rule))) for _ in range(2))
    another = batches_of(flags_of(a_flag("a", rule, variants={"on": True, "off": None})))
    assert ask(one, context())[1] == ask(same, context(colour="red"))[1]
    assert len({ask(each, context(country=to))[1] for each in (one, another) for to in ("DE", "FR")}) == 3


def test_an_override_of_one_tenant_is_not_anothers() -> None:
    batches = batches_of(flags_of(a_flag("a", FlagRule(split=split(on=50_000, off=50_000))), a_flag("b")))
    for value in (True, False, True, "wrong"):
        ask(batches, context(), overrides={"b": value})
        ask(batches, context(), overrides={"a": value})
        ask(batches, context())


def test_a_condition_that_fails_leaves_its_flag_alone_without_a_value() -> None:
    batches = batches_of(flags_of(a_flag("a", FlagRule(when="r.ctx.context.n > 3", serve="on")), a_flag("b")))
    body, tag, _ = ask(batches, context(n="x"))
    assert b"GENERAL" in body
    assert tag != ask(batches, context(n=4))[1]


def test_a_condition_that_many_flags_name_is_asked_once() -> None:
    flags = flags_of(*(a_flag(f"f{number}", FlagRule(when="r.ctx.context.n > 3", serve="on")) for number in range(50)))
    asked: list[str] = []

    class Section(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            asked.append(name)
            return super().__getitem__(name)

    batches = batches_of(flags)
    ask(batches, context(n=5))
    ctx = context() | {"context": Section(n=5)}
    case = flags.case(ctx, 0.0)
    assert case is not None
    assert asked == ["n"]
