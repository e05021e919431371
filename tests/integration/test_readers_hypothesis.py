"""Whatever text a reader of policy files is given: it loads and answers, or names faults in lines that exist."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.policy import Snapshot
from fuzz.readers import READERS, answered, check_files, files_in, outcome, questions
from support.trees import ACCESS_MODEL, ACCESS_RULES, CATALOG, DIRECTORY, MODEL, PLANS, PLANS_MODEL, RULES, SECURITY

CORPUS = Path(__file__).resolve().parents[1] / "fuzz/corpus"
WORDS = {
    "model": (
        "[request_definition]\n", "[policy_definition]\n", "[role_definition]\n", "[policy_effect]\n", "[matchers]\n",
        "r = ", "p = ", "g = ", "e = ", "m = ", "r2 = ", "p2 = ", "g2 = ", "m2 = ", "sub, obj, act", "_, _", "_, _, _",
        "some(where (p.eft == allow))", "!some(where (p.eft == deny))", "priority(p.eft) || deny", "rule", "priority",
        "# doorward: allow-by-default\n", "# doorward: match g2 with keyMatch2\n", "g(r.sub, p.sub, r.dom)", "r.sub",
        "p.sub", "r.dom == p.dom", "keyMatch(r.obj, p.obj)", "eval(p.when)", " && ", " || ", "!", "(", ")", "\\\n", "\n",
    ),
    "rows": (
        "p, ", "g, ", "p2, ", "role:a, ", "user:u, ", "*, ", "acme, ", "doc:*, ", "doc:a/*, ", "read, ", "True, ",
        "allow\n", "deny\n", "(", ")", "[", "]", ",", "\n", "#", "r.ctx.resource.owner == 'me', ", "a*b, ", "'", '"', "\r",
        "keyMatch2(r.ctx.resource.name, '/:a'), ", "\u00e9", "\u2028", "\x85", "\x00",
    ),
    "plans": (
        "p, ", "p2, ", "g, ", "basic, ", "plus, ", "*, ", "*\n", "seats, ", "total, ", "rate/second, ", "week, ", "5\n",
        "unlimited\n", "9223372036854775808\n", "-1\n", "help\n", "plus\n", "basic\n", "(", "]", "#", "\n", "\u2028", "\x00",
        "\n----\n", "g = _, _\n", "m2 = ", "[matchers]\n", "# doorward: match g with keyMatch\n", "\\\n",
    ),
    "yaml": (
        "tenants", "subjects", "resources", "actions", "user", "doc", ":", ": ", "\n", "\n  ", "\n    ", "- ", "[", "]",
        "{", "}", ", ", "'", '"', "|", ">-", "&a ", "*a", "!!str ", "<<", "? ", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! a\n",
        "1", "0x1f", "1e999", "~", "true", "\\u00e9", "\u2028", "\r", "\x85", "\x00", "\t", "#", "a",
        "plans", "meters", "currency", "after_end", "suspended_may", "price_monthly", "aggregation", "policies", "rules",
        "type", "level", "min_length", "mfa_required_roles", "password", "high", "view on doc", "null", "-1",
        "tests", "name", "subject", "resource", "action", "expect", "allow", "deny", "request", "time", "user:a", "agents:1",
    ),
    "flags": (
        "$bucketing: ", "$segments: ", "a: ", "b/c d: ", "type: ", "boolean", "string", "integer", "float", "object", "\n",
        "variants: ", "default: ", "off: ", "enabled: ", "salt: ", "expires: ", "requires: ", "from_plan: ", "rules: ", "- ",
        "when: ", "segment: ", "serve: ", "split: ", "by: ", "from: ", "until: ", "on", "off", "true", "false", "null", "1.5",
        "100", "100000", "9007199254740992", "tenant", "user", "r.ctx.context.level", "r.ctx.subject.owner == 'me'", "{", "}",
        "[", "]", ", ", ": ", "  ", "    ", "analytics", "override", "2026-01-01", "2026-01-01T00:00:00Z", "'", '"', "\u2028",
    ),
    "condition": (
        "r.ctx.resource.owner", "r.ctx.subject.level", "r.ctx.subject.tags", "r.ctx.nested.deep.er", "r.ctx.env.time",
        " == ", " != ", " < ", " in ", " not in ", " and ", " or ", "not ", "&&", "||", "!", "(", ")", "[", "]", ", ", "-",
        "'a'", '"b"', "'UTC'", "'10.0.0.0/8'", "'/a/:id'", "'(a|b)+$'", "'\\ud800'", "'\\777'", "1", "2.5", "1e999", "1or",
        "True", "None", "has(", "len(", "hour(", "regexMatch(", "keyMatch2(", "globMatch(", "ipMatch(", "any_in(", "\n",
    ),
}  # fmt: skip


@cache
def corpus(reader: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / reader).iterdir())]


def words_of(reader: str) -> Sequence[str]:
    return tuple({word for words in WORDS.values() for word in words}) if reader == "tree" else WORDS[reader]


@st.composite
def cut_and_pasted(draw: st.DrawFn, reader: str) -> bytes:
    """A file of the corpus in which bytes or lines are taken out, doubled, exchanged or replaced."""
    data = draw(st.sampled_from(corpus(reader)))
    for _ in range(draw(st.integers(1, 6))):
        pieces = data.splitlines(keepends=True) if draw(st.booleans()) else [bytes([one]) for one in data]
        if not pieces:
            break
        first, second = sorted(draw(st.tuples(*[st.integers(0, len(pieces) - 1)] * 2)))
        length = draw(st.integers(1, 4))
        one, other = pieces[first : first + length], pieces[second : second + length]
        change = draw(st.sampled_from(("out", "again", "swap", "word", "byte")))
        if change == "swap" and second >= first + length:
            pieces[second : second + length], pieces[first : first + length] = one, other
        elif change == "out":
            del pieces[first : first + length]
        elif change == "again":
            pieces[second:second] = one
        elif change == "word":
            pieces[first:first] = [draw(st.sampled_from(words_of(reader))).encode()]
        else:
            pieces[first] = draw(st.binary(max_size=2))
        data = b"".join(pieces)
    return data


def texts(reader: str) -> st.SearchStrategy[bytes]:
    """Raw bytes, raw text, the words of the format in any order, and real files that were spoiled."""
    words = st.lists(st.sampled_from(words_of(reader)), max_size=30).map("".join).map(str.encode)
    raw = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.encode)
    return st.one_of(st.binary(max_size=40), raw, words, cut_and_pasted(reader), cut_and_pasted(reader))


@pytest.mark.parametrize("reader", READERS)
def test_every_file_of_the_corpus_keeps_the_promises(reader: str) -> None:
    for data in corpus(reader):
        READERS[reader](data)


@pytest.mark.parametrize("reader", READERS)
@given(data=st.data())
@settings(max_examples=round(6_000 * SCALE) if SCALE >= 1 else 120)
def test_whatever_a_reader_is_given_it_keeps_its_promises(reader: str, data: st.DataObject) -> None:
    READERS[reader](data.draw(texts(reader)))


def a_tree() -> st.SearchStrategy[dict[str, bytes]]:
    """Files that may be missing, strange, or in the place of another."""
    content = st.one_of(*(texts(reader) for reader in ("model", "rows", "plans", "yaml")))
    good = {ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode()}
    names = st.sampled_from(
        (
            ACCESS_MODEL,
            ACCESS_RULES,
            CATALOG,
            DIRECTORY,
            PLANS,
            PLANS_MODEL,
            SECURITY,
            "models/other.conf",
            "policies/\u00e9.csv",
            "",
        )
    )
    return st.one_of(
        st.dictionaries(names, content, max_size=4),
        st.dictionaries(names, content, max_size=2).map(lambda files: good | files),
    )


@given(a_tree())
@settings(max_examples=round(6_000 * SCALE) if SCALE >= 1 else 120)
def test_whatever_files_a_tree_holds_it_loads_or_says_why_not(files: dict[str, bytes]) -> None:
    check_files(files)


@given(first=cut_and_pasted("tree"), second=cut_and_pasted("tree"))
@settings(max_examples=round(3_000 * SCALE) if SCALE >= 1 else 60)
def test_a_spoiled_tree_after_another_is_as_one_that_is_loaded_first(first: bytes, second: bytes) -> None:
    served, files = outcome(files_in(first)), files_in(second)
    fresh, after = outcome(files), outcome(files, served if isinstance(served, Snapshot) else None)
    if isinstance(fresh, Snapshot) and isinstance(after, Snapshot):
        asked = questions(fresh, files)
        assert [answered(after, one) for one in asked] == [answered(fresh, one) for one in asked]
        assert after.describe() == fresh.describe()
    else:
        assert after == fresh
