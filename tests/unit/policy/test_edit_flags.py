"""Flags written into policies/flags.yaml: what is written, that nothing else changes, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest, Conflict
from doorward.domain.flags import FlagType
from doorward.domain.new_flags import NewFlag
from doorward.policy import Tree, load_snapshot
from doorward.policy.edit import Editor
from support.flag_trees import FLAGS, flag_tree
from support.trees import tree

FILE = "policies/flags.yaml"
FLAG: dict[str, Any] = {"key": "new", "type": "boolean", "default_value": False, "description": "", "owner": ""}


def flag(**parts: Any) -> NewFlag:
    return NewFlag.checked(**{**FLAG, **parts})


def written(new: NewFlag, text: str | None = None) -> str:
    files = dict(tree()) if text is None else {**tree(), FILE: text.encode()}
    return Editor().create_flag(files, new)[FILE].decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, "new:\n  type: boolean\n  default: off\n", id="no file"),
        pytest.param("# Flags\n", "# Flags\nnew:\n  type: boolean\n  default: off\n", id="a comment alone"),
        pytest.param(
            "a: {type: boolean, default: on}  # here\n# end\n",
            "a: {type: boolean, default: on}  # here\n# end\nnew:\n  type: boolean\n  default: off\n",
            id="comments",
        ),
        pytest.param(
            "a:\n  type: boolean\n  default: on\n\nb: {type: boolean, default: on}\n",
            "a:\n  type: boolean\n  default: on\n\nb: {type: boolean, default: on}\n\nnew:\n  type: boolean\n  default: off\n",
            id="blank lines between",
        ),
        pytest.param(
            "{a: {type: boolean, default: on}}\n",
            "{a: {type: boolean, default: on}, new: {type: boolean, default: off}}\n",
            id="in braces",
        ),
        pytest.param(
            "a: {type: boolean, default: on}\r\n",
            "a: {type: boolean, default: on}\r\nnew:\r\n  type: boolean\r\n  default: off\r\n",
            id="lines of Windows",
        ),
    ],
)
def test_a_flag_is_put_at_the_end_as_the_file_is_laid_out(before: str | None, after: str) -> None:
    assert written(flag(), before) == after


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ({"type": "boolean", "default_value": True}, ["default: on"]),
        ({"type": "string", "default_value": "it's: #1"}, ['variants: {default: "it\'s: #1"}', "default: default"]),
        ({"type": "integer", "default_value": 7}, ["variants: {default: 7}", "default: default"]),
        ({"type": "float", "default_value": 1}, ["variants: {default: 1.0}", "default: default"]),
        ({"type": "object", "default_value": {"a": [1]}}, ['variants: {default: {"a": [1]}}', "default: default"]),
    ],
)
def test_the_value_is_the_default_variant(parts: dict[str, Any], lines: list[str]) -> None:
    assert [line.strip() for line in written(flag(**parts)).splitlines()[2:]] == lines


def test_texts_are_in_quotes_where_they_need_them() -> None:
    text = written(flag(key="true", description="Enable: beta", owner="platform team"))

    assert text.startswith('"true":\n')
    assert '  description: "Enable: beta"\n  owner: platform team\n' in text


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40).filter(
    lambda text: text.isprintable() and text == text.strip()
)
VALUES = {
    FlagType.BOOLEAN: st.booleans(),
    FlagType.STRING: st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40),
    FlagType.INTEGER: st.integers(-(2**53) + 1, 2**53 - 1),
    FlagType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FlagType.OBJECT: st.dictionaries(
        st.text("ab:,{}'\"#\\\n é😀", max_size=5),
        st.lists(st.integers(0, 9) | TEXT | st.none(), max_size=2),
        max_size=3,
    ),
}


@given(st.data(), TEXT.filter(lambda key: key and not key.startswith("$")), TEXT, TEXT, st.sampled_from(FlagType))
def test_whatever_is_asked_for_is_what_the_file_says_then_and_every_other_letter_stays(
    data: st.DataObject, key: str, description: str, owner: str, kind: FlagType
) -> None:
    value = data.draw(VALUES[kind])
    new = flag(key=key, type=kind.value, default_value=value, description=description, owner=owner)
    before = dict(flag_tree())
    try:
        after = Editor().create_flag(before, new)
    except Conflict:  # some texts have no form that the reader takes
        return

    assert after[FILE].startswith(FLAGS)
    made = load_snapshot(Tree(after)).flags.find(key)
    assert made is not None
    assert (made.variants[made.default], made.description or "", made.owner or "") == (value, description, owner)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"key": "größe 機能", "description": "Größe: #1 😀", "owner": "- a"},
        {"key": "on"},
        {"key": "123"},
        {"key": "~"},
        {"key": "a: b"},
        {"key": "'", "description": "\\n \\"},
        {"type": "string", "default_value": "two\nlines\t\u2028\x85\x7f"},
        {"type": "string", "default_value": "😀 \ufeff"},
        {"type": "float", "default_value": 1e22},
        {"type": "float", "default_value": -0.5e-7},
        {"type": "object", "default_value": {"x y": {"on": True, "x": None}, "a b": [{}, []]}},
    ],
)
def test_these_are_never_refused(parts: dict[str, Any]) -> None:
    new = flag(**parts)

    made = load_snapshot(Tree(Editor().create_flag(flag_tree(), new))).flags.find(new.key)

    assert made == new.declared(0 if made is None else made.line)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        pytest.param({"key": ""}, "name", id="no name"),
        pytest.param({"key": " a"}, "blanks", id="a blank before"),
        pytest.param({"key": "a\nb"}, "printable", id="two lines"),
        pytest.param({"key": "a" * 201}, "200", id="too long"),
        pytest.param({"key": "$a"}, "Doorward's own", id="a dollar"),
        pytest.param({"type": "number"}, "boolean, string, integer, float, object", id="another type"),
        pytest.param({"default_value": 1}, "default_value does not fit", id="a number for a boolean"),
        pytest.param({"default_value": None}, "default_value does not fit", id="nothing"),
        pytest.param({"description": "a\nb"}, "description", id="a description of two lines"),
        pytest.param({"owner": " a"}, "owner", id="an owner with a blank"),
    ],
)
def test_what_is_wrong_is_told(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        flag(**parts)


def test_a_flag_that_exists_and_a_feature_of_plans_are_refused() -> None:
    with pytest.raises(Conflict, match=r"exists already, in policies/flags\.yaml:1"):
        Editor().create_flag(flag_tree(), flag(key="beta"))
    with pytest.raises(Conflict, match="feature of plans"):
        Editor().create_flag(flag_tree(), flag(key="analytics"))


def test_a_value_that_the_file_cannot_hold_is_refused() -> None:
    with pytest.raises(Conflict, match="cannot be written"):
        written(flag(type="object", default_value={"": 1}))


@pytest.mark.parametrize(
    "text",
    ["a: {type: boolean, default: on}\n...\n", "a: {type: boolean, default: on,\n  description: x}\n# x\n...\n"],
)
def test_a_file_without_room_is_refused(text: str) -> None:
    with pytest.raises(Conflict, match="by hand"):
        written(flag(), text)
