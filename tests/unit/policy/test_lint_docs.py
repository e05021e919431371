"""docs/reference/lint.md is true: every code has a section, every example says what lint says."""

from collections import Counter

import pytest

from doorward.policy.lint import CODES, Severity
from support.lint_examples import PAGE, Example, examples
from support.lint_faults import report_of

EXAMPLES = examples()


def test_every_code_has_a_section_with_a_bad_and_a_good_example() -> None:
    kinds = Counter((one.code, one.name, one.kind) for one in EXAMPLES)
    wanted = {(code.code, code.name, kind) for code in CODES for kind in ("Bad", "Good")}
    assert {key for key in kinds if key[2] != "Silenced"} == wanted
    assert set(kinds.values()) == {1}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.name}: {one.kind.lower()}")
def test_example(example: Example) -> None:
    report = report_of(example.files, example.live)
    found = [one.code.code for one in report.findings]
    if example.kind == "Bad":
        assert example.code in found, report.as_json()
    else:
        assert found == [], report.as_json()
        assert report.loads
    assert bool(report.silenced) is (
        example.kind == "Silenced" or (example.name, example.kind) == ("invalid-ignore", "Good")
    )


def test_codes_and_names_are_given_once_and_tell_errors_from_warnings() -> None:
    assert len({code.code for code in CODES}) == len({code.name for code in CODES}) == len(CODES)
    assert all((code.severity is Severity.ERROR) is code.code.startswith("DW0") for code in CODES)


def test_the_page_has_no_section_for_a_code_that_is_gone() -> None:
    sections = [line.split()[1:] for line in PAGE.read_text().splitlines() if line.startswith("### DW")]
    assert sections == [[code.code, code.name] for code in CODES]
