"""Rules of flags and contexts at random, for laws: what is read is there, absent, or of a wrong type."""

from hypothesis import strategies as st

from doorward.domain.flags import FlagRule, Split

VALUES = (
    st.sampled_from(("DE", "FR", "IT", 5))
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just([])
)
CONTEXTS = st.fixed_dictionaries(
    {
        section: st.dictionaries(st.sampled_from(("id", "plan", "country", "n")), VALUES)
        for section in ("subject", "tenant", "env", "context")
    }
)
FEW_CONTEXTS = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(({}, {"id": "u1"}, {"id": "u2"})),
        "tenant": st.sampled_from(({}, {"id": "t", "plan": "basic"}, {"id": "u", "plan": "pro"})),
        "env": st.just({}),
        "context": st.fixed_dictionaries(
            {}, optional={"country": st.sampled_from(("DE", "FR", "IT")), "n": st.sampled_from((1, 5, "x"))}
        ),
    }
)
"""So few that many of them are alike to conditions."""
RULES = st.lists(
    st.builds(
        FlagRule,
        when=st.sampled_from(
            (
                None,
                "r.ctx.context.n > 3",
                "r.ctx.tenant.plan == 'basic'",
                "has(r.ctx.context.country)",
                *(f"r.ctx.context.country == '{one}'" for one in ("DE", "FR", "")),
                "r.ctx.context.country == 5",
            )
        ),
        segments=st.sampled_from(((), ("de",))),
        start=st.none() | st.just(5.0) | st.floats(0, 10),
        serve=st.sampled_from(("on", "off")),
    )
    | st.builds(
        FlagRule,
        split=st.builds(
            Split,
            weights=st.just({"on": 50_000, "off": 50_000}),
            by=st.sampled_from((("tenant", "id"), ("subject", "id"), ("context", "n"))),
            salt=st.just("s"),
        ),
    ),
    max_size=3,
)
