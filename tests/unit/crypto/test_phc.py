"""PHC strings: what is read, what is not, and that reading and writing agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.crypto import PasswordHasher, check_phc
from doorward.crypto.phc import Argon2Cost, PasswordHash, parsed_phc
from doorward.domain.errors import BadRequest

GOOD = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$BTgf0Y0gWTPvKLS9eIv5dOpFZ3+7gsdCcbCQdtIdKhI"
costs = st.builds(
    Argon2Cost,
    memory_kib=st.integers(1, 70_000),
    iterations=st.integers(1, 12),
    lanes=st.integers(1, 6),
)
hashes = st.builds(
    PasswordHash, cost=costs, salt=st.binary(min_size=1, max_size=66), tag=st.binary(min_size=1, max_size=66)
)


def counts(stored: PasswordHash) -> bool:
    cost = stored.cost
    memory_fits = 8 * cost.lanes <= cost.memory_kib <= 65_536
    return memory_fits and cost.iterations <= 10 and cost.lanes <= 4 and is_sized(stored)


def is_sized(stored: PasswordHash) -> bool:
    return 8 <= len(stored.salt) <= 64 and 16 <= len(stored.tag) <= 64


@given(hashes)
def test_a_hash_reads_as_it_was_written_if_it_is_within_bounds(stored: PasswordHash) -> None:
    assert parsed_phc(stored.text()) == (stored if counts(stored) else None)


@given(
    st.text() | st.from_regex(r"\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+", fullmatch=True)
)
def test_what_is_read_has_one_spelling(text: str) -> None:
    stored = parsed_phc(text)
    assert stored is None or stored.text() == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="ours"),
        pytest.param(GOOD.replace("m=19456,t=2,p=1", "m=65536,t=10,p=4"), id="the dearest"),
        pytest.param(GOOD.replace("m=19456,t=2,p=1", "m=32,t=1,p=4"), id="the cheapest with four lanes"),
        pytest.param(GOOD.replace("c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHQ"), id="eight bytes of salt"),
        pytest.param(GOOD[: -len("c29tZXNhbHRzb21lc2FsdA$") - 43] + "A" * 86 + "$" + "A" * 86, id="64 bytes each"),
        pytest.param(GOOD[: GOOD.rindex("$") + 1] + "A" * 22, id="a tag of 16 bytes"),
    ],
)
def test_a_hash_within_bounds_is_taken(text: str) -> None:
    check_phc(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("hunter2", id="a password in clear"),
        pytest.param("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", id="bcrypt"),
        pytest.param(GOOD.replace("argon2id", "argon2i"), id="Argon2i"),
        pytest.param(GOOD.replace("argon2id", "argon2d"), id="Argon2d"),
        pytest.param(GOOD.replace("v=19", "v=16"), id="an older version"),
        pytest.param(GOOD.replace("$v=19", ""), id="no version"),
        pytest.param(GOOD.replace("m=19456", "m=65537"), id="too much memory"),
        pytest.param(GOOD.replace("m=19456", "m=99999999999999999999"), id="far too much memory"),
        pytest.param(GOOD.replace("m=19456", "m=7"), id="too little memory"),
        pytest.param(GOOD.replace("m=19456", "m=019456"), id="a leading zero"),
        pytest.param(GOOD.replace("m=19456", "m=\u0661\u0669\u0664\u0665\u0666"), id="other digits"),
        pytest.param(GOOD.replace("t=2", "t=11"), id="too many passes"),
        pytest.param(GOOD.replace("t=2", "t=0"), id="no pass"),
        pytest.param(GOOD.replace("p=1", "p=5"), id="too many lanes"),
        pytest.param(GOOD.replace("p=1", "p=1,keyid=a"), id="a key that we do not have"),
        pytest.param(GOOD.replace("m=19456,t=2", "t=2,m=19456"), id="another order"),
        pytest.param(GOOD.replace("c29tZXNhbHRzb21lc2FsdA", "c29tZQ"), id="a short salt"),
        pytest.param(GOOD.replace("c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2FsdB"), id="bits to spare"),
        pytest.param(GOOD.replace("c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2Fsd"), id="no base64"),
        pytest.param(GOOD.replace("c29tZXNhbHRzb21lc2FsdA", "c29tZXNhbHRzb21lc2FsdA=="), id="padding"),
        pytest.param(GOOD[: GOOD.rindex("$") + 6], id="a short tag"),
        pytest.param(GOOD + "A" * 60, id="a long tag"),
        pytest.param(GOOD + "\n", id="a line break"),
    ],
)
def test_any_other_text_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadRequest, match="must be an Argon2id PHC string") as refused:
        PasswordHasher.check_phc(text)
    assert not text or text not in str(refused.value)
