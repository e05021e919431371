"""Steps that limits are taken through by laws, drawn by hypothesis."""

from hypothesis import strategies as st

from support.ledger_model import PLANS, Step

NAMES = st.sampled_from(sorted(PLANS[0]))
IDS = st.sampled_from([f"id-{number}" for number in range(3)])
_AMOUNTS = st.integers(1, 7)
_ITEMS = st.lists(st.tuples(NAMES, _AMOUNTS), min_size=1, max_size=3, unique_by=lambda one: one[0]).map(tuple)
_REAL = st.just(()) | st.lists(st.tuples(NAMES, st.integers(0, 12)), max_size=2, unique_by=lambda one: one[0]).map(
    tuple
)

CONSUME = st.builds(Step, st.just("consume"), IDS, _ITEMS)
RESERVE = st.builds(Step, st.just("reserve"), IDS, _ITEMS, seconds=st.sampled_from([1, 40, 90]))
COMMIT = st.builds(Step, st.just("commit"), IDS, _REAL)
RELEASE = st.builds(Step, st.just("release"), IDS)
RETURN = st.builds(Step, st.just("return"), IDS, name=st.none() | NAMES, amount=st.none() | _AMOUNTS)
TIME = st.builds(Step, st.just("time"), seconds=st.sampled_from([0, 1, 39, 61, 3600]))
PLAN = st.builds(Step, st.just("plan"), plan=st.integers(0, len(PLANS) - 1))
_ANY = CONSUME | RESERVE | COMMIT | CONSUME | RESERVE | COMMIT | RELEASE | RETURN | TIME
STEPS = st.lists(_ANY, min_size=12, max_size=40)
STEPS_AND_PLANS = st.lists(_ANY | PLAN, min_size=12, max_size=40)
