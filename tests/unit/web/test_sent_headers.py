"""Headers as WSGI has them, whichever way they are looked up."""

import pytest

from doorward.web.serving.sent_headers import all_headers, lookup


class Sent:
    """Headers as Granian has them: a value that is not ASCII is there, and cannot be had."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def __contains__(self, name: str) -> bool:
        return name in self.keys()

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        return list(dict(self._pairs))

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._pairs if value.isascii()]

    def get_all(self, name: str) -> list[str]:
        return [value for one, value in self.items() if one == name]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        pytest.param((("a", "1"), ("b", "2")), ("1", "2", None), id="each once"),
        pytest.param((("a", "1"), ("b", "2"), ("a", "3")), ("1,3", "2", None), id="one repeated"),
        pytest.param((("a", "1"), ("b", "ü")), ("1", "", None), id="one that is not ASCII"),
        pytest.param((("a", "1"), ("a", "ü"), ("b", "")), ("1", "", None), id="one in two spellings, and an empty one"),
        pytest.param((), (None, None, None), id="none"),
    ],
)
def test_a_header_is_found_as_wsgi_has_it(sent: tuple[tuple[str, str], ...], found: tuple[str | None, ...]) -> None:
    header = lookup(Sent(*sent))
    assert tuple(header(name) for name in ("a", "b", "c")) == found
    by_name = dict(all_headers(Sent(*sent)))
    assert {name for name, value in zip("abc", found, strict=True) if value is not None} == by_name.keys()
