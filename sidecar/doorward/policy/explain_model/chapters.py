"""A whole model in words: question, rule, when a rule applies, roles, effect, who can ask, what is fast."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doorward.engine import Evaluator, Model
from doorward.policy.casbin_import.authzen_reach import out_of_reach
from doorward.policy.casbin_import.findings import Findings
from doorward.policy.casbin_import.first_question import conditions_of
from doorward.policy.casbin_import.matchers import Matcher, read_matcher, without_comment
from doorward.policy.casbin_import.stock_model import StockModel, read_stock_model
from doorward.policy.casbin_import.token_kinds import Kind, token_kinds
from doorward.policy.explain_model.names import column_of, listed, quoted
from doorward.policy.explain_model.words import Words, parts_of, reads
from doorward.policy.tree import ACCESS_MODEL

_DIRECTIVE: Final = re.compile(r"# doorward: match (g[0-9]*) with ([A-Za-z0-9]+)")
_TOKENS: Final[Mapping[str, str]] = {
    "sub": "who asks, TYPE:ID like `user:alice`",
    "dom": "the tenant; `-` where there is none",
    "obj": "the resource, TYPE:ID like `doc:7`; `doc:*` is the type as a whole",
    "act": "the action, by its name",
    "ctx": "what is known about the question: attributes of the one who asks, the resource, the tenant; time, address",
}
_ALLOW: Final = "some(where (p.eft == allow))"
_DENY: Final = "!some(where (p.eft == deny))"
_WINNER: Final = "The first rule that applies decides, whether it allows or denies; if none applies, the answer is no."
_EFFECTS: Final[Mapping[str, tuple[str, ...]]] = {
    _ALLOW: (
        "Allowed if a rule applies, else denied. No rule can deny.",
        "The answer names the first such rule in the file.",
    ),
    f"{_ALLOW} && {_DENY}": (
        "Allowed if a rule that allows applies and none that denies does. No rule: denied.",
        "The first rule in the file that denies decides; if none does, the first that allows.",
    ),
    _DENY: (
        "Allowed unless a rule that denies applies: whatever no rule names is open to everybody.",
        "The first rule in the file that denies decides.",
    ),
    "priority(p.eft) || deny": (_WINNER,),
    "subjectPriority(p.eft) || deny": (
        _WINNER,
        "A subject that nobody holds has level 0; a role has one more than the highest of its holders.",
        "All holders count, not only those on the way from the one who asks.",
    ),
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading, sentences below it, and points."""

    title: str
    sentences: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one section of a model means; the main one is named ""."""

    section: str
    chapters: tuple[Chapter, ...]


def explain_model(
    text: str, checked: Mapping[str, Model], evaluators: Mapping[str, Evaluator] | None = None
) -> list[Meaning]:
    """Say what a model means, section by section.

    Args:
        text: a model that loads.
        checked: its sections, as the engine read them.
        evaluators: its sections with rules, which say more about what is asked; without them, the model alone is told.
    """
    model = read_stock_model(text, Findings(ACCESS_MODEL))
    patterns = dict(_DIRECTIVE.findall(text))
    rules = evaluators or {}
    return [_Explainer(model, one, patterns, rules.get(name)).meaning() for name, one in checked.items()]


class _Explainer:
    """Writes the chapters of one section."""

    def __init__(
        self, model: StockModel, checked: Model, patterns: Mapping[str, str], evaluator: Evaluator | None
    ) -> None:
        self._model = model
        self._checked = checked
        self._suffix = suffix = checked.suffix
        self._patterns = patterns
        self._tokens, self._columns = checked.tokens, checked.columns
        self._matcher: Matcher = read_matcher(without_comment(model.value(f"m{suffix}"))[0], suffix)
        self._evaluator = evaluator
        conditions = conditions_of(evaluator) if evaluator is not None else ()
        self._kinds = token_kinds(checked, self._matcher, conditions)
        windows = {key for key, one in model.definitions.items() if key[0] == "g" and "(" in one.value}
        self._words = Words(suffix, frozenset(windows))
        self._all, self._parts = parts_of(self._matcher.tree)

    def meaning(self) -> Meaning:
        """All chapters."""
        chapters = [self._question(), self._rule(), self._applies()]
        chapters += [self._roles(kind) for kind in sorted(self._matcher.functions) if kind in self._model.definitions]
        return Meaning(self._suffix, (*chapters, self._effect(), self._asked(), self._speed()))

    def _question(self) -> Chapter:
        points = tuple(f"{name}: {self._about_token(name)}" for name in self._tokens)
        return Chapter("A question is made of", points=points)

    def _about_token(self, name: str) -> str:
        if self._checked.enforce_only and name != "ctx":
            return self._kinds[name].value
        return _TOKENS[name]

    def _rule(self) -> Chapter:
        row = quoted(", ".join((f"p{self._suffix}", *(name.upper() for name in self._columns))))
        points = tuple(f"{name}: {self._about_column(name)}" for name in self._columns)
        return Chapter("A rule says", (f"It is a row {row} of policies/access.csv.",), points)

    def _about_column(self, name: str) -> str:  # noqa: PLR0911 - one return a kind of column
        uses = self._matcher.patterns.get(name, set())
        if name in self._matcher.conditions:
            return "a condition; `True` for none"
        if name == "eft":
            return "`allow` or `deny`"
        if uses:
            return f"a pattern ({listed(sorted(uses), 'and')})"
        if name in self._matcher.plain:
            return "a name that is compared"
        if name == "rule":
            return "the rule's name; answers and explanations use it"
        if name == "priority":
            return "a number: rules with smaller ones come first"
        return "a note, which nothing reads"

    def _applies(self) -> Chapter:
        points = tuple((self._words.sentence if self._all else self._words.points)(part) for part in self._parts)
        title = "A rule applies when " + ("all of these hold" if self._all else "one of these holds")
        if len(points) == 1:
            title = "A rule applies when this holds"
        if not self._reads_rule(self._matcher.tree):
            nothing = "Nothing of a rule is read: while there is any rule at all, the question alone decides."
            return Chapter(title, (nothing,), points)
        loose = [] if self._all else [part for part in self._parts if not self._reads_rule(part)]
        return Chapter(title, tuple(self._opened(part) for part in loose), points)

    def _opened(self, part: ast.expr) -> str:
        """What follows where a part holds that looks at no rule: all of them apply."""
        match part:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=str() as name)]) if (
                self._matcher.token(left) == "sub"
            ):
                who = f"Whoever asks as {quoted(name)}"
            case _:
                who = f"Whoever asks where {self._words.sentence(part)}"
        return f"{who} {self._opens_to()}"

    def _opens_to(self) -> str:
        effect = without_comment(self._model.value("e"))[0]
        if effect.endswith("|| deny"):
            return (
                "is answered by the first of all rules, in the order below: if it allows, all is allowed; else nothing."
            )
        if effect == _DENY:
            return "is allowed everything as long as the policy has no rule that denies; with one, nothing."
        if effect == _ALLOW or "eft" not in self._columns:
            return "is allowed everything, as soon as the policy has a rule."
        return "is allowed everything, as soon as the policy has a rule that allows and none that denies."

    def _reads_rule(self, part: ast.expr) -> bool:
        return reads(part, lambda node: column_of(node, self._suffix))

    def _roles(self, kind: str) -> Chapter:
        marks = self._model.value(kind)
        has_tenant = marks.split("(")[0].count("_") > 2  # noqa: PLR2004 - `_, _, _`
        has_window = "(" in marks
        fields = ["HOLDER", "ROLE", *(["TENANT"] if has_tenant else []), *(["FROM", "UNTIL"] if has_window else [])]
        sentences = [f"A row {quoted(', '.join((kind, *fields)))} gives a role."]
        sentences.append("A role may hold further roles in the same way, nine rows deep at most.")
        if has_tenant:
            anywhere = not has_window and not self._model.value("e").startswith("subject")
            sentences.append(f"It counts in its tenant alone{', or with `*` in every tenant' if anywhere else ''}.")
        if has_window:
            sentences.append("It counts between two times in UTC, like `2027-01-31 18:00:00`; `_` leaves an end open.")
        if kind in self._patterns:
            sentences.append(
                f"HOLDER may be a pattern ({self._patterns[kind]}): every name that matches it holds ROLE."
            )
        return Chapter(f"Roles ({kind})", tuple(sentences))

    def _effect(self) -> Chapter:
        effect = without_comment(self._model.value("e"))[0]
        sentences = list(_EFFECTS.get(effect, (effect,)))
        if effect.endswith("|| deny"):
            by_number = ["by `priority`, smallest first"] if "priority" in self._columns else []
            by_subject = ["by the level of their subject, lowest first"] if effect.startswith("subject") else []
            order = ", then ".join([*by_number, *by_subject, "as in the file"])
            sentences.append(f"Rules are asked in this order: {order}.")
        return Chapter("From rules to an answer", tuple(sentences))

    def _asked(self) -> Chapter:
        request = ", ".join(self._asked_as(name) for name in self._tokens)
        sections = f', "sections": "{self._suffix}"' if self._suffix else ""
        position = f'POST /v1/enforce with {{"request": [{request}]{sections}}}'
        if self._suffix:
            return Chapter("Who can ask", (f"{position}. AuthZEN asks the main section alone.",))
        if self._checked.enforce_only:
            return Chapter("Who can ask", (f"{position}, and nothing else: {self._checked.enforce_only}.",))
        reason = out_of_reach(self._evaluator) if self._evaluator is not None else None
        if reason is not None:
            authzen = f"AuthZEN (POST /access/v1/evaluation) and the SDK, but {reason}."
            return Chapter("Who can ask", (authzen, f"So ask by position: {position}."))
        return Chapter(
            "Who can ask", ("AuthZEN (POST /access/v1/evaluation) and the SDK.", f"By position: {position}.")
        )

    def _asked_as(self, name: str) -> str:
        if name == "ctx":
            return "{}"
        return {Kind.OBJECT: "{...}", Kind.TRUTH: "true", Kind.ANY: name.upper()}.get(
            self._kinds[name], f'"{name.upper()}"'
        )

    def _speed(self) -> Chapter:
        if self._checked.constraints:
            first = "Rules are found by what they compare with the question, so their number matters little."
        else:
            first = "No part narrows the rules down: every rule is looked at for every question. Keep them few."
        conditions = (
            ("Conditions are asked of the rules that are left, one by one.",) if self._matcher.conditions else ()
        )
        if not self._checked.unindexed:
            return Chapter("Speed", (first, *conditions))
        points = tuple(f"{quoted(one.part)}: {one.reason}" for one in self._checked.unindexed)
        return Chapter(
            "Speed", (first, *conditions, "These parts of the matcher are computed rule by rule, too:"), points
        )
