"""What every reader of policy files promises, whatever bytes it is given: each function raises if it is broken.

A reader either loads its input or names faults whose lines exist. It raises nothing else, warns of nothing,
takes no more time than a small input may, and what it loaded answers. Hypothesis and atheris give the bytes.
"""

import json
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from doorward.domain.access import AccessRequest, Question
from doorward.domain.errors import BadRequest, PolicyInvalid, Problem
from doorward.domain.flags import FlagAnswer, fitting
from doorward.engine import Problems, read_model, read_rows
from doorward.engine.flags import Flags
from doorward.engine.language.calls import AbsentAttribute
from doorward.engine.language.conditions import BELOW_CTX, Condition, ConditionReader, compile_condition
from doorward.engine.language.expressions import ExpressionError
from doorward.policy import Snapshot, Tree, load_snapshot
from doorward.policy.catalog import read_catalog
from doorward.policy.described import described_flags
from doorward.policy.directory import read_directory
from doorward.policy.flags import read_flags
from doorward.policy.policy_tests import read_tests, run_tests
from doorward.policy.security import read_security
from doorward.policy.yaml_reader import read_yaml
from support.trees import (
    ACCESS_MODEL,
    ACCESS_RULES,
    CATALOG,
    DIRECTORY,
    FLAGS,
    MODEL,
    PLANS,
    PLANS_CONF,
    PLANS_MODEL,
    RULES,
    SECURITY,
)

MAX_CPU_SECONDS: Final = 2.0
"""For inputs of some kilobytes, which take milliseconds: reached by hangs and blow-ups alone."""

SEPARATOR: Final = b"\n----\n"
"""Between the files of a tree that is one text."""

TESTS: Final = "policies/tests/access.yaml"

_FIELD: Final = re.compile(r"[^,\s\"]+:[^,\s\"]+")
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ATTRIBUTES: Final[Mapping[str, Any]] = {
    "owner": "me",
    "level": 3,
    "name": "a/b.c",
    "tags": ["a", "b", 1],
    "open": True,
    "status": "active",
    "nested": {"deep": {"er": "x"}, "list": [[]]},
    "nothing": None,
}
_CONTEXTS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "subject": _ATTRIBUTES,
        "resource": _ATTRIBUTES,
        "action": {"name": "read"},
        "tenant": {"id": "acme"},
        "env": {"time": 1_700_000_000.0, "address": "10.0.0.1"},
        "context": _ATTRIBUTES,
    },
    {"subject": {}, "resource": {}, "action": {}, "tenant": {}, "env": {"time": -1e300}, "context": {}},
)
_FEATURES: Final = frozenset({"analytics", "help"})
# What a condition raises where an attribute has another type: the question is then an error, never a yes.
_UNDECIDED: Final = (AbsentAttribute, TypeError, ValueError, OverflowError, OSError)


class Broken(AssertionError):  # noqa: N818 - reads as what happened
    """A reader did what no reader may."""


@contextmanager
def in_time_and_silent(limit_seconds: float = MAX_CPU_SECONDS) -> Iterator[None]:
    """What is done inside takes little CPU time and warns of nothing."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        started = time.thread_time()
        try:
            yield
        finally:
            used = time.thread_time() - started
            if warned:
                raise Broken(f"a warning: {warned[0].message}")
            if used > limit_seconds:
                raise Broken(f"{used:.1f} s of CPU for a small input")


def check_problems(problems: Sequence[Problem], texts: Mapping[str, bytes]) -> None:
    """Each problem has a message of one line, and names a line that its file has."""
    if not problems:
        raise Broken("refused without a problem")
    for problem in problems:
        text = texts.get(problem.path, b"")
        lines = max(1, text.count(b"\n") + (not text.endswith(b"\n"))) if problem.path in texts else 0
        if not 0 <= problem.line <= lines:
            raise Broken(f"line {problem.line} of {lines}: {problem}")
        check_message(problem.message)


def check_message(message: str) -> None:
    """Something is said, on one line, and nothing in it steers a terminal."""
    if not message.strip() or _CONTROL.search(message):
        raise Broken(f"no message of one line: {message!r}")
    message.encode()


def check_tree(data: bytes) -> None:
    """A whole tree in one text."""
    check_files(files_in(data))


def files_in(data: bytes) -> dict[str, bytes]:
    """The files of a tree in one text: model, rules and, if there are three parts, the directory."""
    return dict(zip((ACCESS_MODEL, ACCESS_RULES, DIRECTORY), data.split(SEPARATOR, 2), strict=False))


def check_files(files: Mapping[str, bytes]) -> None:
    """Load the files twice: the same faults, or the same answers."""
    with in_time_and_silent():
        first, second = outcome(files), outcome(files)
    if isinstance(first, Snapshot) and isinstance(second, Snapshot):
        with in_time_and_silent():
            asked = questions(first, files)
            if [answered(first, one) for one in asked] != [answered(second, one) for one in asked]:
                raise Broken("one tree, two answers")
            if enforced(first, asked) != enforced(second, asked):
                raise Broken("one tree, two answers by position")
        return
    if first != second or isinstance(first, Snapshot):
        raise Broken(f"one tree, two ways to refuse it: {first}, {second}")
    check_problems(first, files)


def outcome(files: Mapping[str, bytes], previous: Snapshot | None = None) -> Snapshot | tuple[Problem, ...]:
    """The snapshot of a tree, or what is wrong with it."""
    try:
        return load_snapshot(Tree(files), previous=previous)
    except PolicyInvalid as error:
        return error.problems


def answered(snapshot: Snapshot, question: Question) -> tuple[object, ...]:
    """Everything that is said about one question; nothing where the model is for questions by position alone."""
    if snapshot.enforce_only is not None:
        return ()
    decision = snapshot.decide(question)
    explained = snapshot.explain(question)
    if explained.decision.allowed is not decision.allowed:
        raise Broken(f"decided {decision.allowed}, explained {explained.decision.allowed}")
    return decision.allowed, decision.rule, decision.absent, explained.reason, explained.roles


def enforced(snapshot: Snapshot, asked: Sequence[Question]) -> list[tuple[object, ...]]:
    """What every section of the model answers to questions by position."""
    found = []
    for section in snapshot.sections:
        tokens, texts = snapshot.tokens(section) or (), snapshot.text_tokens(section)
        for question in asked:
            words = {"sub": question.sub, "dom": question.dom, "obj": question.obj, "act": question.act}
            values = [words.get(token, "x") if at in texts else _ATTRIBUTES for at, token in enumerate(tokens)]
            decision = snapshot.enforce(values, section, question.now, question.address)
            found.append((decision.allowed, decision.rule, decision.absent))
    return found


def questions(snapshot: Snapshot, files: Mapping[str, bytes]) -> list[Question]:
    """Questions about names of the policy and about others."""
    found = _FIELD.findall(files[ACCESS_RULES].decode()[:4_000])
    names = list(dict.fromkeys(name for name in found if not name.startswith("role:")))
    subjects = [*names[:3], "user:alice"]
    objects = [*names[-3:], "doc:1", "doc:*"]
    tenants = [*sorted(snapshot.tenants)[:2], "-"]
    asked = []
    for number, (sub, obj) in enumerate((sub, obj) for sub in subjects for obj in objects):
        act = ("read", "view", "a")[number % 3]
        asked.append(
            Question(
                sub=sub,
                dom=tenants[number % len(tenants)],
                obj=obj,
                act=act,
                request=_request(sub, obj, act),
                asserted=("role:admin",) if number % 2 else (),
                stored=(snapshot.subject_attributes(sub), snapshot.resource_attributes(obj)),
                now=1_700_000_000.0 * (number % 2),
                address="10.0.0.1" if number % 3 else "",
            )
        )
    return asked


def _request(sub: str, obj: str, act: str) -> AccessRequest | None:
    subject_type, _, subject_id = sub.partition(":")
    resource_type, _, resource_id = obj.partition(":")
    try:
        return AccessRequest(
            subject_type, subject_id, act, resource_type, resource_id, _ATTRIBUTES, None, _ATTRIBUTES, _ATTRIBUTES
        )
    except BadRequest:
        return None


def check_model(data: bytes) -> None:
    """A model alone, and with the rules of the default one."""
    text = _text(data)
    problems = Problems(ACCESS_MODEL)
    with in_time_and_silent():
        model = read_model(text, problems)
    if (model is None) is not bool(problems):
        raise Broken(f"a model {'and' if problems else 'nor'} a problem")
    if problems:
        check_problems(problems.all(), {ACCESS_MODEL: text.encode()})
    check_files({ACCESS_MODEL: data, ACCESS_RULES: RULES.encode()})


def check_plan_files(data: bytes) -> None:
    """The two files of plans in one text, the rows first; where the model is left out, with the default one."""
    rows, _, model = data.partition(SEPARATOR)
    files = {PLANS: rows, PLANS_MODEL: model or PLANS_CONF.encode()}
    check_files({ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode(), **files})


def check_flag_file(data: bytes) -> None:
    """Flags beside a plan with features: what is read answers every flag, twice the same, one by one as all at once."""
    text = _text(data)
    first, second = Problems(FLAGS), Problems(FLAGS)
    with in_time_and_silent():
        read, again = read_flags(text, _FEATURES, first), read_flags(text, _FEATURES, second)
    if first.all() != second.all():
        raise Broken(f"one file, two ways to refuse it: {first.all()}, {second.all()}")
    if first:
        check_problems(first.all(), {FLAGS: text.encode()})
        return
    json.dumps(described_flags(read))
    flags, others = Flags(read, _FEATURES), Flags(again, _FEATURES)
    for context in _CONTEXTS:
        given = {"analytics"}, dict.fromkeys(flags.keys[:2], context["context"])
        with in_time_and_silent():
            told = flags.evaluate_all(context, 1e9, *given)
        if told != others.evaluate_all(context, 1e9, *given):
            raise Broken("one file, two answers")
        for answer in told:
            check_flag(flags, answer)
            if answer != flags.evaluate(answer.key, context, 1e9, *given):
                raise Broken(f"alone it is another answer: {answer}")


def check_flag(flags: Flags, answer: FlagAnswer) -> None:
    """An answer has a value of the flag's type, or an error with a message."""
    flag = flags.find(answer.key)
    if answer.error is not None:
        check_message(answer.detail or "")
    elif flag is None or fitting(flag.type, answer.value) != answer.value or answer.variant is None:
        raise Broken(f"no value of its flag: {answer}")


def check_rows(data: bytes) -> None:
    """Rows alone, and as rules of the default model."""
    text = _text(data)
    problems = Problems(ACCESS_RULES)
    with in_time_and_silent():
        lines = [row.line for row in read_rows(text, problems)]
    if lines != sorted(set(lines)) or (lines and not 1 <= lines[0] <= lines[-1] <= text.count("\n") + 1):
        raise Broken(f"lines out of order: {lines}")
    if problems:
        check_problems(problems.all(), {ACCESS_RULES: text.encode()})
    check_files({ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: data})


def check_yaml(data: bytes) -> None:
    """YAML alone, as policy tests, and if it is sound as each other file of the default tree."""
    text = _text(data)
    check_tests(text.encode())
    readers: dict[str, Callable[[str, Problems], object]] = {
        DIRECTORY: read_directory,
        CATALOG: read_catalog,
        SECURITY: read_security,
        FLAGS: lambda text, problems: read_flags(text, (), problems),
    }
    for path, reader in readers.items():
        for read in (read_yaml, reader):
            problems = Problems(path)
            with in_time_and_silent():
                read(text, problems)
            if problems:
                check_problems(problems.all(), {path: text.encode()})
                break
        else:
            check_files({ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode(), path: data})


def check_tests(data: bytes) -> None:
    """A file of policy tests: what is wrong with it is told, and what can be read is run."""
    files = {ACCESS_MODEL: MODEL.encode(), ACCESS_RULES: RULES.encode(), TESTS: data}
    with in_time_and_silent():
        tests, faults = read_tests(files)
        results = run_tests(tests, load_snapshot(Tree(files)))
    if faults:
        check_problems(faults, files)
    for result in results:
        check_message(result.test.name)
        for answer in result.answers:
            if answer.is_expected and answer.got != answer.expected:
                raise Broken(f"passed, and is not what was expected: {answer}")


def _compiled(compiled: Callable[[str], Condition | None], text: str) -> Condition | str | None:
    """What becomes of a condition: it, or why it is refused."""
    try:
        with in_time_and_silent():
            return compiled(text)
    except ExpressionError as error:
        if not str(error).strip():
            raise Broken("an error without a message") from error
        return str(error)


def check_condition(data: bytes) -> None:
    """A condition, compiled alone and as of a policy, and evaluated where attributes are there and where not."""
    text = _text(data)
    reader = ConditionReader(BELOW_CTX)
    condition, first, among_others = (
        _compiled(compiled, text) for compiled in (compile_condition, reader.compiled, reader.compiled)
    )  # what is alike is parsed once from the second on
    if type(first) is not type(condition):
        raise Broken(f"{condition!r} alone, and {first!r} as the first of a policy")
    if not isinstance(condition, Condition) or not isinstance(among_others, Condition):
        if condition != among_others:
            raise Broken(f"{condition!r} alone, and {among_others!r} in a policy")
        return
    if condition.test is not among_others.test or repr(condition.literals) != repr(among_others.literals):
        raise Broken(f"compiled otherwise in a policy: {condition.literals!r}, {among_others.literals!r}")
    for context in _CONTEXTS:
        try:
            with in_time_and_silent():
                holds = condition.holds(context)
        except _UNDECIDED:
            continue
        if holds not in {True, False}:
            raise Broken(f"neither true nor false: {holds!r}")


def _text(data: bytes) -> str:
    """A reader is given text: what is not UTF-8 is refused before it, which `check_files` sees to."""
    return data.decode(errors="replace")


READERS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "model": check_model,
    "rows": check_rows,
    "yaml": check_yaml,
    "plans": check_plan_files,
    "flags": check_flag_file,
    "condition": check_condition,
    "tree": check_tree,
}
