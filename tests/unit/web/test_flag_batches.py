"""All flags put together from pieces are what each of them is alone, are counted so, and have a tag of their own."""

import itertools
from collections import Counter
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.domain.flags import FlagAnswer, FlagRule
from doorward.engine.flags import Flags
from doorward.services.flag_questions import FlagQuestion
from doorward.web.flags.batches import Batches, kind_of
from doorward.web.metrics import Meter
from support.flag_builders import a_flag, context, flags_of, split
from support.flag_strategies import CONTEXTS, FEW_CONTEXTS, RULES


def write(answer: FlagAnswer) -> bytes:
    """What tells answers apart on the wire, with commas that must not part it."""
    if answer.error is not None:
        return repr((answer.key, answer.error, answer.detail)).encode()
    return repr((answer.key, answer.value, answer.variant, answer.reason)).encode()


def batches_of(flags: Flags, most_bytes: int = 1 << 20) -> Batches:
    policy: Any = SimpleNamespace(flags=flags)
    return Batches(policy, write, most_bytes)


def ask(
    batches: Batches,
    ctx: dict[str, Any],
    now: float = 0.0,
    overrides: dict[str, Any] | None = None,
    features: tuple[str, ...] = (),
) -> tuple[bytes, str]:
    """The body and its tag. What is counted is what each flag is counted by."""
    question = FlagQuestion(batches.policy, ctx, now, None, features, overrides or {}, now + 1)
    answer = batches.answer(question)
    alone = [question.evaluate(key) for key in batches.policy.flags.keys]
    assert answer.body == b'{"flags":[' + b",".join(map(write, alone)) + b"]}"
    meter = Meter()
    meter.flags(answer.counted)
    assert meter.flag_evaluations() == Counter(map(kind_of, alone))
    assert (answer.since, answer.until) == (now, now + 1)
    return answer.body, answer.tag


@given(
    st.lists(RULES, min_size=4, max_size=4),
    st.lists(
        st.tuples(
            FEW_CONTEXTS | CONTEXTS,
            st.sampled_from((0.0, 5.0, 7.0)),
            st.sampled_from(({}, {"c": True}, {"c": False, "a": "wrong"}, {"b": True})),
            st.sampled_from(((), ("f",))),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 4_000),
)
@settings(max_examples=max(60, int(1_000 * SCALE)), deadline=None)
def test_together_they_are_what_each_is_alone(
    rules: list[list[FlagRule]],
    asked: list[tuple[dict[str, Any], float, dict[str, Any], tuple[str, ...]]],
    most_bytes: int,
) -> None:
    a, b, c, d = rules
    requires = ({"c": ("on",), "f": ("on",)}, {"a": ("on",)}, {}, {"b": ("off",)})
    declared = [a_flag(key, *of, requires=needs) for key, of, needs in zip("abcd", (a, b, c, d), requires, strict=True)]
    flags = flags_of(*declared, features=("f",), de="r.ctx.context.country == 'DE'")
    batches, small = batches_of(flags), batches_of(flags, most_bytes)
    bodies: dict[str, bytes] = {}
    for question in asked * 4:
        body, tag = ask(batches, *question)
        assert (body, tag) == ask(small, *question), "it does not matter what is kept"
        assert bodies.setdefault(tag, body) == body
    assert len(set(bodies.values())) == len(bodies)


def test_nothing_that_an_answer_depends_on_is_taken_for_something_else() -> None:
    shares = {"on": 50_000, "off": 50_000}
    by_user, by_n = (FlagRule(split=split(by, "s", **shares)) for by in (("subject", "id"), ("context", "n")))
    flags = flags_of(
        *(a_flag(to, FlagRule(when=f"r.ctx.context.country == '{to}'", serve="on")) for to in ("DE", "FR")),
        a_flag("basic", FlagRule(when="r.ctx.tenant.plan == 'basic'", serve="on")),
        a_flag("late", FlagRule(start=5.0, serve="on"), FlagRule(segments=("many",), serve="on")),
        a_flag("needs needs", requires={"needs": ("on",)}, default="on"),
        a_flag("needs", by_n, requires={"user": ("on",), "f": ("on", "off")}, default="on"),
        a_flag("user", by_user),
        a_flag("not needed", requires={"user": ("on",)}, is_enabled=False),
        features=("f",),
        many="r.ctx.context.n > 3",
    )
    batches = batches_of(flags)
    subjects: list[dict[str, Any]] = [{}, *({"id": f"u{number}"} for number in range(4))]
    tenants: list[dict[str, Any]] = [{"id": "t", "plan": "basic"}, {"id": "t", "plan": "pro"}]
    contexts = [{"country": to, "n": n} for to in ("DE", "FR", "IT", None, 5) for n in (1, 5, None)]
    own: list[dict[str, Any]] = [{}, {"user": True}, {"user": False}]
    found = set()
    for _ in range(3):
        for subject, tenant, sent, now, overrides, features in itertools.product(
            subjects, tenants, contexts, (0.0, 5.0), own, ((), ("f",))
        ):
            ctx = {"subject": subject, "tenant": tenant, "env": {}, "context": sent}
            found.add(ask(batches, ctx, now, overrides, features))
    assert len({body for body, _ in found}) == len({tag for _, tag in found}) == len(found) > 100


def test_what_a_split_decides_is_no_part_of_what_is_kept() -> None:
    shares = [FlagRule(split=split(("subject", "id"), str(number), on=30_000, off=70_000)) for number in range(5)]
    batches = batches_of(flags_of(*(a_flag(str(number), rule) for number, rule in enumerate(shares))))
    found = {ask(batches, context(user=f"user-{number}")) for number in range(60)}
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
    body, tag = ask(batches, context(n="x"))
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
