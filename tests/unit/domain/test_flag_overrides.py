"""Which of a tenant's overrides count at a time."""

from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.flag_overrides import TenantOverrides

SECOND = 1_000_000


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)), st.lists(st.integers(0, 10), max_size=9))
def test_those_count_that_have_not_ended_and_they_are_one_object_until_the_next_ends(
    ends: dict[str, int], times: list[int]
) -> None:
    own = TenantOverrides((flag, flag, end * SECOND) for flag, end in ends.items())
    for now in times:
        found = own.at(now)
        assert found == {flag: flag for flag, end in ends.items() if not end or now < end}
        assert own.at(min(now + 0.5, own.until(now) - 0.1)) is found
