"""What becomes of a stock model: the few lines that must change, and what there is to say about the rest."""

import re
from collections.abc import Mapping
from typing import Final

from doorward.policy.casbin_import.findings import Findings, Weight
from doorward.policy.casbin_import.matchers import (
    PATTERN_FUNCTIONS,
    Matcher,
    parsed_or_none,
    strings_that_stock_rewrites,
    with_plain_evals,
    with_room,
    without_comment,
)
from doorward.policy.casbin_import.stock_model import StockModel

ALLOW_ONLY: Final = "some(where (p.eft == allow))"
DENY_ONLY: Final = "!some(where (p.eft == deny))"
_ALLOW_BY_DEFAULT: Final = "# doorward: allow-by-default"
_ASK_FOR_DENIALS: Final = frozenset(
    {f"{ALLOW_ONLY} && {DENY_ONLY}", "priority(p.eft) || deny", "subjectPriority(p.eft) || deny"}
)
_INSTEAD: Final[Mapping[str, str]] = {
    "timeMatch": "give the role a time window (`g = _, _, (_, _)`), or write hour() and weekday() into a condition",
    "startswith": "write startswith(text, part)",
    "endswith": "write endswith(text, part)",
    "lower": "write lower(text)",
    "contains": "write contains(holder, item)",
    "len": "write len(value)",
}


def convert_model(
    model: StockModel, matches: Mapping[str, str], findings: Findings, *, keep_going: bool
) -> dict[str, Matcher]:
    """Change what must change, and read the matchers, by set."""
    for key in [key for key in model.definitions if key[0] in "em"]:
        _move_comment(model, key)
    _check_sets(model, findings, keep_going=keep_going)
    _convert_effects(model, findings)
    _write_matches(model, matches, findings)
    _note_windows(model, findings)
    found: dict[str, Matcher] = {}
    for suffix in model.suffixes():
        line = model.definitions[f"m{suffix}"].first
        _space_out(model, f"m{suffix}", findings)
        text = model.value(f"m{suffix}")

        def refused(why: str, line: int = line) -> None:
            findings.add(Weight.ERROR, "matcher", line, f"in the matcher: {why}")

        matcher = parsed_or_none(text, suffix, refused)
        if matcher is not None:
            found[suffix] = matcher
            _check_matcher(matcher, model.names(f"r{suffix}"), line, findings)
    return found


def _space_out(model: StockModel, key: str, findings: Findings) -> None:
    """Write a matcher as pycasbin, too, can read it; other Casbins take both spellings."""
    text = model.value(key)
    spaced = with_plain_evals(with_room(text))
    if spaced != text:
        line = model.definitions[key].first
        model.replace(key, spaced)
        findings.add(Weight.TIDIED, "spelling", line, f"written as `{key} = {spaced}`; pycasbin fails on {text!r}")


def _move_comment(model: StockModel, key: str) -> None:
    value, comment = without_comment(model.value(key))
    if comment:
        model.insert(model.definitions[key].first, comment)
        model.replace(key, value)


def _check_sets(model: StockModel, findings: Findings, *, keep_going: bool) -> None:
    """A set is rN, pN and mN; stock Casbin mixes them as an EnforceContext in the program says."""
    numbers = {key[1:] for key in model.definitions if key[0] in "rpm"} - {""}
    for number in sorted(numbers, key=int):
        missing = [f"{kind}{number}" for kind in "rpm" if f"{kind}{number}" not in model.definitions]
        there = [f"{kind}{number}" for kind in "rpme" if f"{kind}{number}" in model.definitions]
        if not missing:
            continue
        line = min(model.definitions[key].first for key in there)
        what = f"section {number} has {', '.join(there)} and no {', '.join(missing)}"
        do = f"write {', '.join(missing)} too, as the EnforceContext in your program pairs them, or remove the section"
        findings.add(Weight.DIFFERS if keep_going else Weight.ERROR, "incomplete-set", line, what, do)
        if keep_going:
            for key in there:
                model.comment_out(model.definitions[key])


def _convert_effects(model: StockModel, findings: Findings) -> None:
    if "e" not in model.definitions:
        return
    effect, line = model.value("e"), model.definitions["e"].first
    for key in [key for key in model.definitions if key[0] == "e" and key != "e" and model.value(key) != effect]:
        what = f"pycasbin decides every section by `e`; Casbin for Go uses `{key}` where an EnforceContext names it"
        do = f"if your program is not in Python, put section {key[1:]} into a tree of its own"
        findings.add(Weight.DIFFERS, "another-effect", model.definitions[key].first, what, do)
        model.comment_out(model.definitions[key])
    has_effects = any("eft" in model.names(key) for key in model.definitions if key[0] == "p")
    if effect == DENY_ONLY and not has_effects:
        what = "no rule can deny, since `p` has no column `eft`: this model allows everything to everyone"
        findings.add(Weight.ERROR, "allows-everything", line, what, f"write `e = {ALLOW_ONLY}`")
    elif effect == DENY_ONLY:
        if model.lines[0].strip() != _ALLOW_BY_DEFAULT:
            model.insert(1, _ALLOW_BY_DEFAULT)
        what = "this effect allows whatever no rule denies, to anybody"
        do = f"write `e = {ALLOW_ONLY} && {DENY_ONLY}` and the rules that allow, then remove the model's first line"
        findings.add(Weight.DANGER, "allow-by-default", line, what, do)
    elif effect in _ASK_FOR_DENIALS and not has_effects:
        for key in [key for key in model.definitions if key[0] == "e"]:
            model.replace(key, ALLOW_ONLY)
        what = f"no rule can deny, since `p` has no column `eft`: written as `e = {ALLOW_ONLY}`, which decides the same"
        findings.add(Weight.NOTE, "effect-simplified", line, what)


def _write_matches(model: StockModel, matches: Mapping[str, str], findings: Findings) -> None:
    for kind, function in matches.items():
        if kind not in model.definitions:
            what = f"--match {kind}={function}: the model defines no `{kind}`"
            findings.add(Weight.ERROR, "match", 0, what, "name a role definition of the model")
            continue
        directive = f"# doorward: match {kind} with {function}"
        if directive not in (line.strip() for line in model.lines):
            model.insert(model.definitions[kind].first, directive)


def _note_windows(model: StockModel, findings: Findings) -> None:
    for key, definition in model.definitions.items():
        if key[0] == "g" and "(" in definition.value:
            what = (
                f"the window of a `{key}` row holds by itself here, in UTC; stock Casbin compares the local time of its"
                " machine, and only for roles that the program gave add_named_link_condition_func"
            )
            do = "write the times in UTC; put `_, _` where the program gave a role no condition"
            findings.add(Weight.DIFFERS, "time-windows", definition.first, what, do)


def _check_matcher(matcher: Matcher, tokens: tuple[str, ...], line: int, findings: Findings) -> None:
    for name in matcher.unknown_functions:
        what = f"{name}() is no function of Doorward: a program added it with add_function, and files do not hold it"
        if name == "timeMatch":
            what = "timeMatch() cannot be called: it reads the clock of the process"
        elif "." in name:
            what = f"{name}(): methods are not called"
        findings.add(Weight.ERROR, "custom-function", line, what, _instead(name, matcher.suffix, tokens))
    rewritten = strings_that_stock_rewrites(matcher.text)
    if rewritten:
        what = f"pycasbin rewrites operators and names inside of {rewritten[0]}; here a string is data"
        findings.add(Weight.DIFFERS, "string-literal", line, what, "check that the text is what you mean")


def _instead(name: str, suffix: str, tokens: tuple[str, ...]) -> str:
    last = name.rsplit(".", maxsplit=1)[-1]
    alike = {one.lower(): one for one in (*PATTERN_FUNCTIONS, "ipMatch", "keyGet", "keyGet2", "keyGet3")}
    known = alike.get(re.sub("_|func$", "", last.lower()))
    if known:
        return f"write {known}(...)"
    if last in _INSTEAD:
        return _INSTEAD[last]
    if "ctx" in tokens:
        return f"let the caller compute and send it; in place of the call write `r{suffix}.ctx.context.{last}`"
    further = f"`r{suffix} = {', '.join([*tokens, last])}`"
    call = f"`r{suffix}.{last}`"
    return f"let the caller compute and send it as a further token: {further}, with {call} in place of the call"
