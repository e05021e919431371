"""What is no model is refused when a policy is loaded, each fault at its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SCALE
from doorward.engine import Problems, read_model
from support.casbin_small import ask, evaluator, faults, model
from support.trees import MODEL

ALLOW = "some(where (p.eft == allow))"
DENY = "!some(where (p.eft == deny))"
MARK = "# doorward: allow-by-default\n"
RULES = "p, a, doc:1, read\n"
WITH_EFFECT = "sub, obj, act, eft"


def refused(text: str) -> str:
    """Every fault of a model, a line each."""
    problems = Problems("models/access.conf")
    assert read_model(text, problems) is None
    return "\n".join(map(str, problems.all()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "conf: no `r = ...`; add it below [request_definition]", id="an empty file"),
        pytest.param("# only a comment\n", "conf: no `r = ...`", id="a comment alone"),
        pytest.param(model().replace("[matchers]\nm = r.sub == p.sub\n", ""), "no `m = ...`", id="no matcher"),
        pytest.param(model().replace("[policy_effect]", "[policy_effects]"), ":5: unknown section [policy_effects]", id="a section misspelt"),
        pytest.param(model().replace("[policy_effect]", "[ policy_effect ]"), ":5: unknown section [ policy_effect ]", id="blanks in a section"),
        pytest.param("r = sub\n" + model(), ":1: a definition before the first section", id="a definition before any section"),
        pytest.param(model().replace("r = ", "r: "), ":2: no definition", id="a colon for an equals sign"),
        pytest.param(model().replace("r = sub, obj, act", "r ="), ":2: no definition", id="nothing after the equals sign"),
        pytest.param(model().replace("p = ", "p2 = "), "no `p = ...`", id="a second policy alone"),
        pytest.param(model().replace("m = ", "M = "), ":8: `M` in [matchers]", id="a capital letter"),
        pytest.param(model() + "m = True\n", ":9: `m` is defined again (first in line 8)", id="two matchers"),
        pytest.param(model() + "\\", "ends with a backslash", id="a backslash at the end"),
        pytest.param(model(r="sub, obj, sub"), ":2: `sub` stands twice", id="a token twice"),
        pytest.param(model(p="sub, obj, obj"), ":4: `obj` stands twice", id="a column twice"),
        pytest.param(model(r="sub, obj, act # who"), "is no name in `r = ...`", id="a comment after tokens"),
        pytest.param(model(r="sub,, act"), ":2: `` is no name", id="an empty token"),
        pytest.param(model(p="sub, 1obj"), ":4: `1obj` is no name", id="a column that begins with a digit"),
        pytest.param(model(g="_"), ":6: `g = _`", id="roles of one column"),
        pytest.param(model(g="_, _, _, _"), ":6: `g = _, _, _, _`", id="roles of four columns"),
        pytest.param(model(g="_, (_)"), ":6: `g = _, (_)`", id="conditional roles"),
        pytest.param(model(g="_, _").replace("g = ", "g2 = "), "there is no g, so stock Casbin never reads g2", id="second roles alone"),
        pytest.param(model(e="some(where (p.eft == Allow))"), ":6: `e = some", id="an effect misspelt"),
        pytest.param(model(e="some(where(p.eft==allow))"), "there are: some(where (p.eft == allow)); ", id="an effect without spaces"),
        pytest.param(model(e=DENY, p=WITH_EFFECT), "allows whatever no rule names", id="a deny-only effect"),
        pytest.param(model(e=DENY, p=WITH_EFFECT, first="\n" + MARK), ":2: `# doorward: allow-by-default` counts in the first line", id="the mark in the second line"),
        pytest.param(model(e=f"{ALLOW} && {DENY}"), "`p` has no column `eft`", id="denials without eft"),
        pytest.param(model("r.sub == 'a\x01'"), ":8: a control character", id="a control character"),
        pytest.param("# old\rm = True\n" + model(), ":1: a control character", id="a carriage return in a comment"),
    ],
)  # fmt: skip
def test_definition_is_refused(text: str, words: str) -> None:
    assert words in refused(text)


@pytest.mark.parametrize(
    ("matcher", "words"),
    [
        pytest.param("r.sub = p.sub", "no expression", id="one equals sign"),
        pytest.param("r.sub == p.sub # always", "starts a comment", id="a comment"),
        pytest.param("r.sub == p.subject", "`p.subject` is no column", id="an unknown column"),
        pytest.param("r.dom == p.sub", "`r.dom` is no token", id="an unknown token"),
        pytest.param("r == p.sub", "`r` is neither", id="the request as a whole"),
        pytest.param("r.sub == p", "`p` is neither", id="the rule as a whole"),
        pytest.param("p == '*' || r.sub == p.sub", "`p` is neither", id="a star for the rule as a whole"),
        pytest.param("keyMatch(r, p.obj)", "`r` is neither", id="keyMatch of the request as a whole"),
        pytest.param("sub == p.sub", "`sub` is neither", id="a bare name"),
        pytest.param("r.sub == 5", "they never agree", id="a token and a number"),
        pytest.param("r.sub", "is a string, never true or false", id="a token alone"),
        pytest.param("r.sub == p.sub && r.obj", "is a string, never true or false", id="a token as a part"),
        pytest.param("p.eft == 'allow'", "the effect alone reads it", id="the effect"),
        pytest.param("r.sub + p.sub == 'a'", "is not allowed here", id="addition"),
        pytest.param("r.sub.startswith(p.sub)", "is not allowed here", id="a method"),
        pytest.param("keyMatch(r.obj)", "takes 2 arguments, not 1", id="keyMatch of one"),
        pytest.param("keyMatch(r.obj, 5)", "is a number; it needs a string", id="keyMatch of a number"),
        pytest.param("keyMatch(r.obj, ['a'])", "is a list; it needs a string", id="keyMatch of a list"),
        pytest.param("keyMatch(p.obj, r.obj)", "the caller must not choose it", id="keyMatch the other way round"),
        pytest.param("keyMatch(p.obj, p.sub)", "is matched with no token", id="keyMatch of two columns"),
        pytest.param("keyMatch(r.obj, 'a*b')", "only at the end", id="keyMatch with a star inside"),
        pytest.param("keyMatch(r.obj, p.obj, x=1)", "no named arguments", id="a named argument"),
        pytest.param("g(r.sub, p.sub)", "there is no [role_definition]", id="g without roles"),
        pytest.param("eval(p.when)", "`p.when` is no column", id="eval of no column"),
        pytest.param("eval(r.sub)", "takes one column of the rule", id="eval of a token"),
        pytest.param("eval(p.sub, p.obj)", "takes one column of the rule", id="eval of two"),
        pytest.param("eval(p.sub, x=1)", "no named arguments", id="eval with a name"),
        pytest.param("r.obj == p.obj && eval( p.sub )", "write `eval(p.sub)`", id="a space after the bracket of eval"),
        pytest.param("r.obj == p.obj && eval (p.sub)", "write `eval(p.sub)`", id="a space before the bracket of eval"),
        pytest.param("r.obj == p.obj && eval((p.sub))", "write `eval(p.sub)`", id="brackets inside eval"),
        pytest.param("r.obj == p.obj && eval(p.sub,)", "write `eval(p.sub)`", id="a comma inside eval"),
        pytest.param("r.sub == p.sub&& r.obj == p.obj", "`b&&`: stock Casbin", id="no space before and"),
        pytest.param("r.sub == p.sub ||r.obj == p.obj", "write spaces round `||`", id="no space after or"),
        pytest.param("r.sub == 'a'&&r.obj == p.obj", "write spaces round `&&`", id="no space between and and a name"),
        pytest.param("r.sub == p.sub &&!(r.obj == p.obj)", "write spaces round `&&`", id="no space between and and not"),
        pytest.param("r.sub == p.sub &&r'a' == r.obj", "write spaces round `&&`", id="no space between and and a raw text"),
        pytest.param("r.sub == p.sub and!(r.obj == p.obj)", "write spaces round `!`", id="no space before not"),
        pytest.param("eval(p.sub) && r.sub == p.sub", "cannot be compared in a matcher", id="a condition that is compared"),
    ],
)  # fmt: skip
def test_matcher_is_refused(matcher: str, words: str) -> None:
    (line,) = refused(model(matcher)).splitlines()
    assert line.startswith("models/access.conf:8: in the matcher: ")
    assert words in line


@pytest.mark.parametrize(
    ("matcher", "words"),
    [
        pytest.param("g(r.sub, p.sub, r.obj)", "write g(r.sub, p.sub), as `g` is defined", id="a tenant too many"),
        pytest.param("g(p.sub, r.sub)", "write g(r.sub, p.sub)", id="the other way round"),
        pytest.param("g(r.sub, p.who)", "`p.who` is no column", id="an unknown column"),
        pytest.param("g(*r.sub, p.sub)", "write g(r.sub, p.sub)", id="a star"),
    ],
)
def test_role_call_is_refused(matcher: str, words: str) -> None:
    assert words in refused(model(matcher, g="_, _"))


def test_roles_of_a_tenant_are_those_of_the_question() -> None:
    assert "in the question's tenant, not in the rule's" in refused(model("g(r.sub, p.sub, p.obj)", g="_, _, _"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(model() + "[request_definition]\nr2 = sub\n", "the section set 2 lacks `p2`, `m2`", id="half a second set"),
        pytest.param(
            model() + "[request_definition]\nr3 = sub\n[policy_definition]\np3 = sub\n[matchers]\nm3 = r3.sub == p3.sub\n",
            "there is no set 2", id="a third set without a second",
        ),
        pytest.param(
            model() + "[request_definition]\nr2 = sub\n[policy_definition]\np2 = sub\n[matchers]\nm2 = r2.sub == p2.sub\n"
            "[policy_effect]\ne2 = priority(p.eft) || deny\n", "stock pycasbin reads `e` alone", id="an effect of another kind",
        ),
        pytest.param("# doorward: match g with keyMatch9\n" + model(g="_, _"), "keyMatch9 matches no patterns", id="an unknown pattern function"),
        pytest.param("# doorward: match g2 with keyMatch\n" + model(g="_, _"), "there is no `g2 = ...`", id="patterns of no roles"),
        pytest.param("# doorward: mach g with keyMatch\n" + model(g="_, _"), "says nothing to Doorward", id="a directive misspelt"),
        pytest.param("# doorward: match g with keyMatch\n" + model(g="_, _, (_, _)"), "has time windows", id="patterns with time windows"),
        pytest.param(
            model(g="_, _, (_, _)").replace("[policy_effect]", "g2 = _, _\n[policy_effect]"),
            "drops roles without time windows", id="roles with and without time windows",
        ),
        pytest.param(model(e="subjectPriority(p.eft) || deny", p=WITH_EFFECT), "needs roles", id="subject priority without roles"),
        pytest.param(
            model(e="subjectPriority(p.eft) || deny", p="obj, sub, act, eft", g="_, _"),
            "takes the first column of `p`", id="subject priority with another first column",
        ),
        pytest.param(model("r.sub.age > 3 && r.sub == p.sub"), "do one of them", id="a token read and compared"),
        pytest.param(model("risky(r.sub, p.sub)"), "A function of your own cannot run here", id="a custom function"),
        pytest.param(model("timeMatch('_', '_')"), "give role rows a time window", id="timeMatch"),
        pytest.param(model("keyGet2(r.obj, p.obj, p.act) == r.act"), "the third argument is the part's name", id="the part's name in a column"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_together_is_refused(text: str, words: str) -> None:
    assert words in refused(text)


def test_a_column_when_must_be_evaluated() -> None:
    assert "never evaluates" in refused(model(p="sub, obj, act, when"))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        pytest.param(model("r.sub == 'a' || keyMatch(r.obj, p.obj)"), "p, a, doc:*:x, read\n", id="inside an alternative"),
        pytest.param(model("!keyMatch(r.obj, p.obj)"), "p, a, doc:*:x, read\n", id="negated"),
        pytest.param(model("keyMatch(r.act, p.how)", p="sub, obj, how"), "p, a, doc:1, read*\n", id="an action in a column of another name"),
    ],
)  # fmt: skip
def test_a_pattern_is_checked_wherever_the_matcher_uses_it(text: str, row: str) -> None:
    (fault,) = faults(row, text)
    assert (fault.path, fault.line) == ("policies/access.csv", 1)
    assert "`*`" in fault.message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(MODEL, id="the default model"),
        pytest.param(model(e=DENY, p=WITH_EFFECT, first=MARK), id="a deny-only effect with the mark"),
        pytest.param(model(e=f"{ALLOW} # a comment"), id="a comment after an effect"),
        pytest.param(model("r.sub == p.sub && \\\n  r.obj == p.obj"), id="a matcher over two lines"),
        pytest.param(model().replace("\n", "\r\n"), id="line ends of two characters"),
        pytest.param("; a comment\n\n" + model().replace("[", "  ["), id="blanks, blank lines and comments"),
        pytest.param(model("(((r.sub == p.sub)))"), id="brackets around a matcher"),
        pytest.param(model("True"), id="a matcher that is always true"),
    ],
)
def test_model_loads(text: str) -> None:
    problems = Problems("models/access.conf")
    assert read_model(text, problems), problems.all()


def test_a_string_in_a_matcher_is_data() -> None:
    text = model("r.sub == 'a!b' || r.sub == \"c # d && e || f\"")
    decide = evaluator(RULES, text).decide
    assert [bool(decide(ask(sub=sub))) for sub in ("a!b", "anot b", "c # d && e || f", "c ")] == [
        True,
        False,
        True,
        False,
    ]


LINES = [line for line in MODEL.splitlines() if line] + [
    "", "#", "[", "]", "[]", "=", "r = ", "m = True \\", "\\", "e = x", "p2 = a", "\x00", "[matchers]", "g = _, _", "m = r == p.sub",
    "m = g(r.dom, p.sub, r.sub)", "m = eval(p.eft)", "m = keyMatch(r.ctx, p.obj)", "r = ctx", "p = when", "m = " + "!" * 60 + "True",
]  # fmt: skip


@settings(max_examples=max(1, round(6_000 * SCALE)))
@given(lines=st.lists(st.sampled_from(LINES), max_size=14) | st.permutations(LINES[:10]))
def test_any_text_is_a_model_or_has_problems_and_nothing_else(lines: list[str]) -> None:
    problems = Problems("models/access.conf")
    found = read_model("\n".join(lines) + "\n", problems)
    assert (found is None) == bool(problems)
