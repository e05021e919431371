r"""What of a regular expression Python's `re`, on which stock Casbin runs, reads as RE2 does: the rest is refused.

`re` itself is not asked. What it takes depends on the release of Python, and a policy loads, or not,
by its text alone. The syntax of both is in https://github.com/google/re2/wiki/Syntax and
https://docs.python.org/3.11/library/re.html.
"""

import re
from typing import Final

from doorward.engine.language.expressions import ExpressionError

_ESCAPED: Final = r"x[0-9a-fA-F]{2}|[afnrtv]|[^A-Za-z0-9]"
_COUNT: Final = r"\{(?:0|[1-9][0-9]*)(?:,(?:0|[1-9][0-9]*)?)?\}"
_ITEM: Final = rf"\[(?!:)|[^\\\[\]]|\\[dDsSwW](?!-[^\]])|\\(?:{_ESCAPED})|\\(?:[0-3][0-7]{{2}}|[0-7]{{1,2}}(?![0-7]))"
_FLAGS: Final = re.compile(r"\(\?[ims]+\)")
_ALIKE: Final = re.compile(
    rf"(?:\^|\$|\\[Ab])(?![*+?]|{_COUNT})"
    rf"|\\(?:{_ESCAPED}|[dDsSwW]|0[0-7]{{0,2}}|[1-3][0-7]{{2}})"
    rf"|\[\^?\]?(?:{_ITEM})*\]"
    r"|\((?!\?)|\(\?(?:[ims]*|(?![ims]*([ims])[ims]*-[ims]*\1)[ims]*-[ims]+):|\(\?P<(?P<name>[A-Za-z_][A-Za-z0-9_]*)>"
    rf"|[*+?]|{_COUNT}|\{{(?:\}}|(?![0-9]*,?[0-9]*\}}))"
    r"|[^\\\[({*+?^$]+",
    re.DOTALL,
)
_UNLIKE: Final = (
    (r"\{[0-9]*,?[0-9]*\}", "write the count as {0,2}, without zeros before a number"),
    (r"\\B", "write what stands there, or leave it away"),
    (rf"\[\^?\]?(?:{_ITEM})*\[:", "write the characters out, like [A-Za-z] for [[:alpha:]]"),
)
_UNKNOWN: Final = (
    (
        r"\[\^?\]?(?:\\.|[^\\\]])*\]",
        "write each character out: no escape like \\pL or \\x{41}, no range that begins with a class like \\d",
    ),
    (r"\\[pP](?:\{[^}]*\}?|.)?", "write the letters or a range of them out, like [A-Za-z]"),
    (r"\\z", "write $"),
    (r"\\C", "write ."),
    (r"\\[QE]", "write a backslash before each sign that is meant as it stands"),
    (r"\\x(?:\{[^}]*\}?)?", "write the character itself, or two digits like \\x41"),
    (r"\\[0-9]{1,3}", "write the character itself, or two digits like \\x41"),
    (r"(?:\^|\$|\\[Ab]).", "nothing is repeated there; remove the sign after it"),
    (r"\\.?", "write the characters out"),
    (r"\(\?[A-Za-z]*\)", "write i, m or s alone, at the beginning, or for a part, like (?i:...)"),
    (r"\(\?P?<[^>]*>?", "name a group like (?P<name>...), each by a name of its own, or write (...)"),
    (r"\(\?[^):]*[):]?", "write (?:...), or a part with flags like (?i:...)"),
)
_ANY_CASE: Final = re.compile(r"\(\?[ms]*i")


def check_read_alike(pattern: str) -> None:
    """Raise ExpressionError where `re` refuses what RE2 takes, or reads it otherwise."""
    at = 0
    while flags := _FLAGS.match(pattern, at):
        at = flags.end()
    names: set[str] = set()
    while at < len(pattern):
        token = _ALIKE.match(pattern, at)
        if token is None or token["name"] in names:
            raise _refused(pattern, at)
        names |= {token["name"]} - {None}
        at = token.end()
    if not pattern.isascii() and _ANY_CASE.search(pattern):
        raise ExpressionError(
            f"regexMatch: (?i) in {pattern!r} knows the letters of ASCII alone; write both cases of the others"
        )


def _refused(pattern: str, at: int) -> ExpressionError:
    for faults, why in (
        (_UNLIKE, "means one thing to RE2 and another to stock Casbin"),
        (_UNKNOWN, "is unknown to stock Casbin, which runs on Python's re"),
    ):
        for spelled, instead in faults:
            found = re.compile(spelled, re.DOTALL).match(pattern, at)
            if found is not None:
                return ExpressionError(f"regexMatch: {found[0]!r} in {pattern!r} {why}; {instead}")
    return ExpressionError(f"regexMatch: {pattern[at:]!r} in {pattern!r} is no expression of stock Casbin")
