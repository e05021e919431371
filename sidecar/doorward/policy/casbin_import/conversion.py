"""A stock model and policy file to the files of a tree that loads, with everything there is to tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from doorward.policy.casbin_import.authzen_reach import out_of_reach
from doorward.policy.casbin_import.findings import SAME, Finding, Findings, Weight
from doorward.policy.casbin_import.left_out import BYTE_ORDER_MARK
from doorward.policy.casbin_import.made_tree import MadeTree
from doorward.policy.casbin_import.matchers import Matcher
from doorward.policy.casbin_import.model_import import convert_model
from doorward.policy.casbin_import.row_import import LINES_A_STEP, RowImport
from doorward.policy.casbin_import.stock_model import StockModel, read_stock_model
from doorward.policy.casbin_import.stock_rows import Quotes
from doorward.policy.casbin_import.typed_names import Names, NamesFinder, TypedNames
from doorward.policy.snapshot import Snapshot

_NAMED: Final = ("sub", "obj")
TYPE_OF: Final[Mapping[str, str]] = {"sub": "user", "obj": "doc"}  # where a person says none
OPTION_OF: Final[Mapping[str, str]] = {"sub": "--subject-type", "obj": "--resource-type"}
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFiles:
    """The two old files: what they are called and what they hold."""

    model_path: str
    model: bytes
    rules_path: str
    rules: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asks of an import. `types` has the type of names by token, `matches` a function by `g`, `g2` ..."""

    types: Mapping[str, str] = field(default_factory=dict)
    matches: Mapping[str, str] = field(default_factory=dict)
    quotes: Quotes = Quotes.PYCASBIN
    keep_going: bool = False


@dataclass(slots=True)
class Imported:
    """What came of it. `files` may be written if `snapshot` is there."""

    findings: list[Finding]
    files: dict[str, bytes] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    rules: int = 0
    roles: int = 0
    tokens: tuple[str, ...] = ()
    by_position: bool = False  # POST /v1/enforce asks it; AuthZEN cannot, or is never allowed anything

    @property
    def differs(self) -> bool:
        """Whether there is more to tell than form."""
        return any(one.weight not in SAME for one in self.findings)


class TypesUnclear(ValueError):  # noqa: N818 - reads as what happened
    """Names of `tokens` cannot be given a type; the message says why."""

    def __init__(self, why: str, *tokens: str) -> None:
        super().__init__(why)
        self.tokens = tokens


def import_casbin(
    old: StockFiles, wishes: Wishes, beside: Mapping[str, bytes] | None = None, pace: Callable[[], None] = lambda: None
) -> Imported:
    """Make a tree of two stock files.

    Args:
        old: the files.
        wishes: what to do where files do not say enough.
        beside: other files that the tree will hold.
        pace: called every few thousand lines.

    Raises:
        TypesUnclear: a type was wished for names that the matcher does not compare plainly.
    """
    about_model, about_rules = Findings(old.model_path), Findings(old.rules_path)
    model_text, rules_text = _text(old.model, about_model), _text(old.rules, about_rules)
    if model_text is None or rules_text is None:
        return Imported([*about_model.found, *about_rules.found])
    if model_text.startswith(BYTE_ORDER_MARK):
        about_model.add(Weight.TIDIED, "byte-order-mark", 1, "a byte order mark was removed; pycasbin refuses it")
    model = read_stock_model(model_text.removeprefix(BYTE_ORDER_MARK), about_model)
    matchers = convert_model(model, wishes.matches, about_model, keep_going=wishes.keep_going)
    typed = _typed_names(model, matchers, wishes)
    rows = RowImport(model, matchers, wishes.quotes, about_rules, typed)
    lines = _convert_rows(rules_text, rows, pace, learn=bool(wishes.types))
    if wishes.types:
        for suffix, matcher in matchers.items():
            model.replace(f"m{suffix}", typed.matcher(matcher))
    made = MadeTree(model, lines, about_model, about_rules, dict(beside or {}))
    snapshot = made.load(pace, keep_going=wishes.keep_going)
    reason = snapshot.enforce_only if snapshot else None
    if reason and wishes.types:
        raise TypesUnclear(f"types are of use for AuthZEN alone, and it cannot ask this model: {reason}", *wishes.types)
    if reason:
        what = f"served by POST /v1/enforce alone, by position: {reason}"
        about_model.add(Weight.NOTE, "enforce-only", model.definitions["m"].first, what)
    elif snapshot is not None:
        _note_names(rows, typed, about_rules, _types_to_give(model, matchers, wishes))
    return Imported(
        findings=[*about_model.found, *sorted(about_rules.found, key=lambda one: one.line)],
        files=made.files if snapshot else {},
        snapshot=snapshot,
        rules=rows.rules - made.rules_left_out,
        roles=rows.roles - made.roles_left_out,
        tokens=model.names("r"),
        by_position=snapshot is not None
        and (reason is not None or rows.bare_names > 0 or out_of_reach(snapshot.evaluator) is not None),
    )


def _note_names(rows: RowImport, typed: TypedNames, findings: Findings, to_give: str | None) -> None:
    if typed.strangers:
        names = ", ".join(list(typed.strangers)[:_SHOWN]) + (" ..." if len(typed.strangers) > _SHOWN else "")
        what = f"taken for names of their own and not for roles, since no role row has them: {names}"
        findings.add(Weight.NOTE, "no-role", 0, what, "write role:NAME for those that are roles")
    if rows.bare_names:
        rules = f"{rows.bare_names:,} rules name subjects or resources"
        if rows.bare_names == 1:
            rules = "1 rule names its subject or resource"
        what = f"{rules} without a type; POST /v1/enforce asks for those"
        do = f"for AuthZEN, which asks `user:alice`, import with {to_give}" if to_give else ""
        findings.add(Weight.NOTE, "names-without-type", 0, what, do)


def _convert_rows(text: str, rows: RowImport, pace: Callable[[], None], *, learn: bool) -> list[str]:
    """The lines to write, as many as there were."""
    lines = text.removesuffix("\n").split("\n") if text else []
    if learn:
        rows.learn_roles(lines, pace)
    made = []
    for number, raw in enumerate(lines, start=1):
        if not number % LINES_A_STEP:
            pace()
        made.append(rows.line(number, raw))
    return made


def _text(content: bytes, findings: Findings) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        findings.add(Weight.ERROR, "not-utf-8", line, "not UTF-8; pycasbin refuses it", "save the file as UTF-8")
        return None
    if "\r\n" in text:
        findings.add(Weight.TIDIED, "line-ends", 0, "lines end with a line feed alone now")
        text = text.replace("\r\n", "\n")
    if text and not text.endswith("\n"):
        findings.add(Weight.TIDIED, "last-newline", text.count("\n") + 1, "the file ends with a newline now")
    return text


def _typed_names(model: StockModel, matchers: Mapping[str, Matcher], wishes: Wishes) -> TypedNames:
    names: dict[str, Names] = {suffix: NamesFinder(matcher, _NAMED).find() for suffix, matcher in matchers.items()}
    typed = TypedNames(wishes.types, names, matched=wishes.matches)
    if wishes.types and matchers:
        for token, part in typed.unclear().items():
            raise TypesUnclear(f"names of `{token}` cannot be given a type: the matcher reads them in `{part}`", token)
        for token in wishes.types:
            if not any(token in model.names(f"r{suffix}") for suffix in matchers):
                raise TypesUnclear(f"`r` has no token `{token}` to give a type to", token)
    return typed


def _types_to_give(model: StockModel, matchers: Mapping[str, Matcher], wishes: Wishes) -> str | None:
    """The options that give every name a type; None where one cannot be given."""
    tokens = {token for suffix in matchers for token in model.names(f"r{suffix}")}
    types = {token: wishes.types.get(token, kind) for token, kind in TYPE_OF.items() if token in tokens}
    try:
        _typed_names(model, matchers, replace(wishes, types=types))
    except TypesUnclear:
        return None
    return " ".join(f"{OPTION_OF[token]} {kind}" for token, kind in types.items())
