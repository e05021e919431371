"""Rules of flags and contexts at random, for laws: what is read is there, absent, or of a wrong type."""

from hypothesis import strategies as st

from doorward.domain.flags import FlagRule, Split

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just([])
CONTEXTS = st.fixed_dictionaries(
    {
        section: st.dictionaries(st.sampled_from(("id", "plan", "country", "n")), VALUES)
        for section in ("subject", "tenant", "env", "context")
    }
)
RULES = st.lists(
    st.builds(
        FlagRule,
        when=st.sampled_from(
            (None, "r.ctx.context.n > 3", "r.ctx.tenant.plan == 'basic'", "has(r.ctx.context.country)")
        ),
        segments=st.sampled_from(((), ("de",))),
        start=st.none() | st.floats(0, 10),
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
