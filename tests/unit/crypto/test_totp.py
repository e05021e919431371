"""One-time passwords: the RFCs' vectors, a window of one step, single use, and what an app reads."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from doorward.crypto import matching_step, new_secret, provisioning_uri

SECRET = b"12345678901234567890"  # the RFCs' own
NEVER = -1

# RFC 6238, appendix B, SHA-1: seconds, and the code of eight digits, of which six are the last.
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
# RFC 4226, appendix D: the codes of the first ten steps.
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_a_code_of_rfc_6238_matches_its_time(seconds: int, code: str) -> None:
    assert matching_step(SECRET, code[-6:], seconds, NEVER) == seconds // 30


@pytest.mark.parametrize(("step", "code"), list(enumerate(RFC_4226)))
def test_a_code_of_rfc_4226_matches_its_step(step: int, code: str) -> None:
    assert matching_step(SECRET, code, (step * 30 + 15), NEVER) == step


@pytest.mark.parametrize("step", [4, 5, 6])
def test_a_code_may_be_one_step_early_or_late(step: int) -> None:
    for now in (150, 179.999):
        assert matching_step(SECRET, RFC_4226[step], now, NEVER) == step


@pytest.mark.parametrize("step", [3, 7])
def test_a_code_two_steps_away_does_not_match(step: int) -> None:
    for now in (150, 179.999):
        assert matching_step(SECRET, RFC_4226[step], now, NEVER) is None


def test_a_code_works_once() -> None:
    now = 165
    used = matching_step(SECRET, RFC_4226[5], now, NEVER)
    assert used == 5
    assert matching_step(SECRET, RFC_4226[5], now, used) is None


def test_after_a_later_code_an_earlier_one_does_not_work() -> None:
    assert matching_step(SECRET, RFC_4226[4], 165, 5) is None
    assert matching_step(SECRET, RFC_4226[6], 165, 5) == 6


def test_of_two_steps_with_one_code_it_is_the_later() -> None:

    # The first two steps of this secret, two apart, that have one code.
    assert matching_step(SECRET, "468457", 153568 * 30, NEVER) == 153569


def test_at_the_beginning_of_time_there_is_no_earlier_step() -> None:
    assert matching_step(SECRET, RFC_4226[0], 0, NEVER) == 0
    assert matching_step(SECRET, RFC_4226[1], 0, NEVER) == 1


@pytest.mark.parametrize("code", RFC_4226[6:])
def test_another_secret_has_other_codes(code: str) -> None:
    assert matching_step(b"22345678901234567890", code, 7 * 30, NEVER) is None


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("", id="nothing"),
        pytest.param("54676", id="five digits"),
        pytest.param("0254676", id="seven digits"),
        pytest.param("254 676", id="a blank between"),
        pytest.param(" 254676", id="a blank before"),
        pytest.param("254676\n", id="a line break"),
        pytest.param("+54676", id="a sign"),
        pytest.param("25467_", id="no digit"),
        pytest.param("\u0662\u0665\u0664\u0666\u0667\u0666", id="Arabic digits"),
        pytest.param("\uff12\uff15\uff14\uff16\uff17\uff16", id="wide digits"),
        pytest.param("\ud800" * 6, id="lone surrogates"),
    ],
)
def test_what_is_not_six_ascii_digits_never_matches(code: str) -> None:
    assert matching_step(SECRET, "254676", 5 * 30, NEVER) == 5
    assert matching_step(SECRET, code, 5 * 30, NEVER) is None


def test_a_new_secret_is_as_long_as_the_hash() -> None:
    assert len(new_secret()) == 20
    assert new_secret() != new_secret()


def test_an_app_reads_secret_account_and_issuer_whatever_they_hold() -> None:
    uri = provisioning_uri(SECRET, "al+ice/?&=#%@ex\u00e4mple.com", "Acme & Sons")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert unquote(parts.path) == "/Acme & Sons:al+ice/?&=#%@ex\u00e4mple.com"
    assert parse_qs(parts.query, strict_parsing=True) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Acme & Sons"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_a_blank_is_no_plus_because_apps_show_it_as_one() -> None:
    assert "+" not in provisioning_uri(SECRET, "alice", "Acme Sons")


def test_a_colon_cannot_make_another_issuer_of_an_account() -> None:
    label = unquote(urlsplit(provisioning_uri(SECRET, "Bank:alice", "Acme:Inc")).path)
    assert label == "/Acme Inc:Bank alice"
