"""`doorward policy test`: run a tree's own tests, and tell what was expected, what came, and why."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from doorward.cli.policy.trees import chosen, reviewed
from doorward.cli.terminal import Exit, counted, print_json, show_problems, visible
from doorward.domain.access import Considered, Explanation
from doorward.domain.errors import PolicyInvalid
from doorward.policy.policy_tests import Answer, FlagOutcome, Result, run_tests
from doorward.policy.tree import FLAGS, TESTS

_NEAR_SHOWN: Final = 3


@click.command()
@click.argument("tree", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def test(*, tree: Path | None, as_json: bool) -> None:
    """Run the tests of TREE, policies/tests/*.yaml, and say why those fail that do.

    Exit code 3: it does not load, or a test file cannot be read; 4: a test failed.
    """
    folder = chosen(tree)
    try:
        snapshot, tests = reviewed(folder, "test")
    except PolicyInvalid as error:
        if as_json:
            problems = [{"path": one.path, "line": one.line, "message": one.message} for one in error.problems]
            print_json({"loads": False, "problems": problems})
        else:
            show_problems(error)
        raise SystemExit(int(Exit.DOES_NOT_LOAD)) from None
    results = run_tests(tests, snapshot)
    if as_json:
        print_json(_as_json(snapshot.revision, results))
    else:
        _show(results, folder, snapshot.revision)
    if _failed(results):
        raise SystemExit(int(Exit.TEST_FAILED))


def _failed(results: Sequence[Result]) -> int:
    return sum(not one.passed for one in results)


def _show(results: Sequence[Result], folder: Path, revision: str) -> None:
    for one in results:
        _show_result(one)
    if not results:
        click.echo(f"no tests in {folder}; write some in {TESTS.replace('*', 'access')}, one entry a promise")
        return
    failed = _failed(results)
    if failed:
        click.secho(f"\n{counted(failed, 'test')} failed", fg="red", bold=True, nl=False)
        click.echo(f", {len(results) - failed} passed", nl=False)
    else:
        click.secho("ok", fg="green", bold=True, nl=False)
        click.echo(f"  {counted(len(results), 'test')} passed", nl=False)
    click.echo(f"  {folder}: revision {revision}")


def _show_result(result: Result) -> None:
    if result.passed:
        click.secho("ok    ", fg="green", nl=False)
        click.echo(f"  {result.test.name}")
        return
    click.secho("FAILED", fg="red", bold=True, nl=False)
    click.echo(f"  {result.test.name}  ", nl=False)
    click.secho(f"{result.test.path}:{result.test.line}", bold=True)
    for answer in result.answers:
        if not answer.is_expected:
            _show_answer(answer)


def _show_answer(answer: Answer | FlagOutcome) -> None:
    click.echo(f"        asked {visible(answer.check.asked)}")  # never first: `::` there commands a pipeline
    for fault in answer.faults:
        click.secho(f"          {visible(fault)}", fg="red")
    if isinstance(answer, FlagOutcome):
        _show_flag(answer)
        return
    if answer.decision is not None and answer.explanation is None and answer.decision.rule is not None:
        _field("rule", answer.decision.rule)
    if answer.explanation is not None and (answer.decision is None or answer.decision.error is None):
        _show_explanation(answer.explanation)


def _show_flag(outcome: FlagOutcome) -> None:
    """Why a flag is what it is."""
    answer = outcome.answer
    _field("reason", f"{answer.reason}{'' if answer.detail is None else f': {answer.detail}'}")
    if answer.rule is not None:
        _field("rule", f"{answer.rule} of {answer.key} in {FLAGS}")
    if answer.bucket is not None:
        _field("bucket", str(answer.bucket))
    for path in answer.absent:
        _field("missing", f"{path} was not given and stands in no file")


def _show_explanation(explanation: Explanation) -> None:
    """Why the answer is what it is: as `doorward check --explain` has it, in short."""
    _field("reason", explanation.reason)
    if explanation.path is not None:
        _field("rule", f"{explanation.decision.rule}  {explanation.path}:{explanation.line}")
    if explanation.roles:
        _field("roles", " -> ".join(explanation.roles))
    for path, value in explanation.read.items():
        _field("read", f"{path} = {json.dumps(value, ensure_ascii=False)}")
    for path in explanation.absent:
        _field("missing", f"{path} was not given and stands in no file")
    if explanation.path is None:
        for one in explanation.considered[:_NEAR_SHOWN]:
            _field("close", _near(one))


def _near(one: Considered) -> str:
    return f"{one.rule} {one.effect}s {one.subject}: {one.outcome}  {one.path}:{one.line}"


def _field(name: str, text: str) -> None:
    click.echo(f"          {name:<8} {visible(text)}")


def _as_json(revision: str, results: Sequence[Result]) -> dict[str, object]:
    failed = _failed(results)
    return {
        "loads": True,
        "revision": revision,
        "passed": len(results) - failed,
        "failed": failed,
        "tests": [
            {
                "name": one.test.name,
                "path": one.test.path,
                "line": one.test.line,
                "passed": one.passed,
                "questions": [_answer_as_json(answer) for answer in one.answers],
            }
            for one in results
        ],
    }


def _answer_as_json(answer: Answer | FlagOutcome) -> dict[str, object]:
    asked: dict[str, object] = {
        "asked": answer.check.asked,
        "line": answer.check.line,
        "expected": answer.expected,
        "got": answer.got,
    }
    if isinstance(answer, FlagOutcome):
        told = answer.answer
        return asked | {
            "rule": told.rule,
            "faults": list(answer.faults),
            "value": told.value,
            "reason": told.reason.value,
            "bucket": told.bucket,
            "absent": list(told.absent),
        }
    decision, explanation = answer.decision, answer.explanation
    said = asked | {"rule": None if decision is None else decision.rule, "faults": list(answer.faults)}
    if explanation is None:
        return said
    return said | {
        "reason": explanation.reason,
        "place": None if explanation.path is None else f"{explanation.path}:{explanation.line}",
        "roles": list(explanation.roles),
        "read": dict(explanation.read),
        "absent": list(explanation.absent),
    }
