"""Lint tells of flags that are over, of segments and splits without use, and of conditions that were meant otherwise."""

from doorward.policy import Tree, load_snapshot
from doorward.policy.lint import Finding, lint
from support.lint_faults import report_of
from support.trees import FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, tree

HEAD = "a:\n  type: boolean\n  default: off\n"


def found(text: str, directory: str | None = None) -> list[Finding]:
    return list(report_of(tree(directory=directory) | {FLAGS: text.encode()}).findings)


def told(text: str, directory: str | None = None) -> list[tuple[str, int, str]]:
    return [
        (one.code.name, one.line, (one.source or "")[slice(*(one.span or (0, 0)))]) for one in found(text, directory)
    ]


def test_the_default_flags_are_silent() -> None:
    files = {PLANS_MODEL: PLANS_CONF, PLANS: PLANS_CSV, FLAGS: (ROOT / FLAGS).read_text()}
    assert report_of(tree() | {path: text.encode() for path, text in files.items()}).findings == []


def test_a_flag_is_expired_from_the_day_after() -> None:
    days = ("2026-09-20", "2026-09-21", "2026-09-22")
    text = "".join(f"f{at}: {{type: boolean, default: off, expires: {day}}}\n" for at, day in enumerate(days))
    assert told(text) == [("expired-flag", 1, "2026-09-20")]


def test_what_depends_on_the_day_is_left_out_where_nobody_says_which_day_it_is() -> None:
    text = f"{HEAD}  expires: 2020-01-01\n  rules: [{{until: '2020-01-01T00:00:00Z', serve: on}}]\n"
    assert [one[0] for one in told(text)] == ["expired-flag", "flag-rule-over"]
    assert list(lint(load_snapshot(Tree(tree() | {FLAGS: text.encode()}))).findings) == []


def test_a_flag_that_requires_an_expired_one_is_told_beside_it() -> None:
    text = f"{HEAD}  requires:\n    old: on\nold: {{type: boolean, default: off, expires: 2020-01-01}}\n"
    assert told(text) == [("requires-expired-flag", 5, "old"), ("expired-flag", 6, "2020-01-01")]


def test_a_rule_that_ended_is_told_where_it_says_when() -> None:
    text = f"{HEAD}  rules:\n    - serve: on\n      until: 2026-01-01T00:00:00Z\n"
    assert told(text) == [("flag-rule-over", 6, "2026-01-01T00:00:00Z")]


def test_a_split_of_one_is_told_in_percent_and_in_thousandths() -> None:
    rules = "  rules:\n    - {when: r.ctx.context.a, split: {on: 100}}\n    - {split: {on: 0, off: 100000}}\n"
    assert told(HEAD + rules) == [("split-of-one", 5, "split"), ("split-of-one", 6, "split")]


def test_a_segment_that_no_rule_names_is_told() -> None:
    text = f"$segments:\n  used: r.ctx.context.a\n  left over: r.ctx.context.b\n{HEAD}  rules: [{{segment: [used], serve: on}}]\n"
    assert told(text) == [("unused-segment", 3, "left over")]


def test_a_misspelt_attribute_of_a_subject_is_told_with_what_was_meant() -> None:
    text = f"{HEAD}  rules:\n    - {{when: r.ctx.subject.departmnet == 'x', serve: on}}\n"
    (one,) = found(text, "subjects: {user: {bob: {department: sales}}}\n")
    assert (one.code.name, one.line) == ("unknown-attribute", 5)
    assert one.message.endswith("did you mean r.ctx.subject.department?")


def test_an_attribute_of_the_context_that_other_rules_spell_otherwise_is_told() -> None:
    rules = "".join(f"    - {{when: r.ctx.context.country == '{one}', serve: on}}\n" for one in ("DE", "FR", "IT"))
    text = f"{HEAD}  rules:\n{rules}    - {{when: r.ctx.context.coumtry == 'ES', serve: on}}\n"
    assert told(text) == [("unknown-attribute", 8, "r.ctx.context.coumtry")]


def test_a_condition_that_never_changes_is_told() -> None:
    when = "r.ctx.context.n > 5 and r.ctx.context.n < 3"
    assert told(f"{HEAD}  rules:\n    - {{when: {when}, serve: on}}\n") == [("constant-condition", 5, when)]
    assert told(f"$segments: {{all: True}}\n{HEAD}  rules: [{{segment: all, serve: on}}]\n") == []


def test_a_fault_of_the_file_has_a_code_of_its_own() -> None:
    assert [one[0] for one in told("a: 5\n")] == ["invalid-flags"]
