"""Reading files that are imported: every line is an item or a fault that names it."""

import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.cli.importing.lines import MAX_LINE_BYTES, Lines
from doorward.cli.importing.records import HeaderFault, Record, csv_reader, header_of, jsonl_reader, records
from doorward.cli.importing.shapes import TENANTS, USERS

HEADER = b"id,name,domain,plan,settings\n"


def of_csv(data: bytes, shape: Any = TENANTS) -> list[Record]:
    lines = Lines(io.BytesIO(data))
    columns, _ = header_of(lines, shape)
    return list(records(csv_reader(lines, columns, shape)))


def of_jsonl(data: bytes) -> list[Record]:
    return list(records(jsonl_reader(Lines(io.BytesIO(data)), TENANTS)))


def told(found: list[Record]) -> list[tuple[int, object]]:
    return [(one.line, one.item if one.fault is None else one.fault) for one in found]


ACME = {"name": "Acme", "domain": "acme.com"}


@pytest.mark.parametrize(
    ("data", "items"),
    [
        pytest.param(b"name,domain\nAcme,acme.com\n", [(2, ACME)], id="plain"),
        pytest.param(b"name,domain\nAcme,acme.com", [(2, ACME)], id="no end of line at the end"),
        pytest.param(b"\xef\xbb\xbfname,domain\r\nAcme,acme.com\r\n", [(2, ACME)], id="a byte order mark and CRLF"),
        pytest.param(b"\n\nname,domain\n\n  \nAcme,acme.com\n\n", [(6, ACME)], id="blank lines"),
        pytest.param(b'domain,"name"\nacme.com,"Acme"\n', [(2, ACME)], id="another order, quoted"),
        pytest.param(b" name , domain \nAcme,acme.com\n", [(2, ACME)], id="blanks in the header"),
        pytest.param(
            b'name,domain\n"A, ""B""",b.c\n', [(2, {"name": 'A, "B"', "domain": "b.c"})], id="comma and quotes"
        ),
        pytest.param(
            b'name,domain\n"A\nB",b.c\nAcme,acme.com\n',
            [(2, {"name": "A\nB", "domain": "b.c"}), (4, ACME)],
            id="an end of line in a field",
        ),
        pytest.param(
            b'name,domain,plan\nA 5",b.c,\n', [(2, {"name": 'A 5"', "domain": "b.c"})], id="a quote in the middle"
        ),
        pytest.param(
            HEADER + b'a,Acme,acme.com,,"{""x"": [1]}"\n',
            [(2, {"id": "a", **ACME, "settings": {"x": [1]}})],
            id="settings",
        ),
        pytest.param(
            "name,domain\nÄcme,äcme.com\n".encode(), [(2, {"name": "Äcme", "domain": "äcme.com"})], id="beyond ASCII"
        ),
    ],
)
def test_a_row_is_an_item(data: bytes, items: object) -> None:
    assert told(of_csv(data)) == items


def test_roles_of_a_user_are_separated_by_semicolons() -> None:
    header = b"tenant_id,email,username,first_name,last_name,roles\n"
    found = of_csv(header + b"acme,a@b.c,a,A,B,viewer; user ;\n", USERS)
    assert found[0].item is not None
    assert found[0].item["roles"] == ["viewer", "user"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"\n \n", "the file is empty", id="blank"),
        pytest.param(b"name,domain,name\n", "line 1: the column 'name' stands there twice", id="twice"),
        pytest.param(
            b"name,domain,colour\n",
            "line 1: the column 'colour' is not known; there are name, domain, id",
            id="unknown",
        ),
        pytest.param(b"name\n", "line 1: the column 'domain' is missing", id="missing"),
        pytest.param(b"Acme,acme.com\n", "line 1: the column 'Acme' is not known", id="no header"),
        pytest.param(b"name;domain\n", "not separated by commas", id="semicolons"),
        pytest.param(b"name\tdomain\n", "not separated by commas", id="tabs"),
        pytest.param("name,domain\n".encode("utf-16"), "line 1: byte 1 of the line is no UTF-8", id="UTF-16"),
        pytest.param(b'"name,domain\n', "a quoted field begins in this line", id="an open quote"),
        pytest.param(b"name,domain,\n", "the column '' is not known", id="a comma at the end"),
        pytest.param(b"x" * 1_000_000, "line 1: the line is longer than 65,536 bytes", id="a megabyte"),
    ],
)
def test_a_wrong_header_is_told(data: bytes, says: str) -> None:
    with pytest.raises(HeaderFault) as fault:
        of_csv(data)
    assert says in str(fault.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param(b"a,Acme,acme.com\n", "has 3 fields, and the header 5", id="too few fields"),
        pytest.param(b"a,Acme,acme.com,,,\n", "has 6 fields, and the header 5", id="too many fields"),
        pytest.param(b"a,,acme.com,,\n", "name is missing", id="an empty field that is needed"),
        pytest.param(b'a,"Acme"x,acme.com,,\n', "is no CSV: ',' expected after '\"'", id="text behind a quote"),
        pytest.param(b"a,Ac\rme,acme.com,,\n", "is no CSV: new-line character", id="a carriage return"),
        pytest.param(b"a,\xff,acme.com,,\n", "byte 3 of the line is no UTF-8", id="not UTF-8"),
        pytest.param(b"a,Acme,acme.com,,red\n", "settings is no JSON object", id="settings that are no JSON"),
        pytest.param(b"a,Acme,acme.com,,[1]\n", "settings is no JSON object", id="settings that are a list"),
        pytest.param(
            b"a,Acme,acme.com,," + b"[" * 60_000 + b"\n", "settings is no JSON object", id="settings too deep"
        ),
        pytest.param(b"a," + b"x" * 1_000_000 + b",acme.com,,\n", "longer than 65,536 bytes", id="a megabyte"),
        pytest.param(b'a,"Acme,acme.com,,\n', "a quoted field begins in this line", id="an open quote"),
    ],
)
def test_a_faulty_row_is_told_and_those_around_it_are_read(row: bytes, says: str) -> None:
    good = b"b,Bee,bee.com,,\n"
    found = of_csv(HEADER + good + row + good)
    assert [one.line for one in found] == [2, 3, 4]
    assert [one.fault is None for one in found] == [True, False, True]
    assert says in str(found[1].fault)


def test_a_quote_that_is_never_closed_costs_its_own_line_alone() -> None:
    rows = b"".join(b"b%d,Bee,bee.com,,\n" % number for number in range(5000))
    found = of_csv(HEADER + b'a,"Acme,acme.com,,\n' + rows)
    assert [one.line for one in found if one.fault] == [2]
    assert len(found) == 5001


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is no JSON: "),
        (b"[1]", "is no JSON object"),
        (b'{"name": "a", "name": "b"}', "a member stands twice"),
        (b'{"name": "a", "domain": "a.b", "colour": 1}', "'colour' is not known; there are name, domain"),
        (b'{"name": "a"}', "domain is missing"),
        (b'{"name": NaN, "domain": "a.b"}', "NaN is not JSON"),
        (b'{"name": 1e999, "domain": "a.b"}', "a number that is too large"),
        (b'{"name": "\\ud800", "domain": "a.b"}', "holds half a character"),
        (b"[" * 60_000, "is no JSON"),
        (b'{"name": ' + b"9" * 60_000 + b', "domain": "a.b"}', "is no JSON"),
        (b"\xff", "no UTF-8"),
        (b'"' + b"x" * 1_000_000 + b'"', "longer than 65,536 bytes"),
    ],
)  # fmt: skip
def test_a_faulty_line_of_json_is_told_and_those_around_it_are_read(line: bytes, says: str) -> None:
    good = json.dumps(ACME).encode() + b"\r\n"
    found = of_jsonl(b"\n" + good + line + b"\n" + good)
    assert [one.line for one in found] == [2, 3, 4]
    assert [one.item for one in found] == [ACME, None, ACME]
    assert says in str(found[1].fault)


def test_a_record_keeps_its_line_as_it_stands() -> None:
    found = of_csv(b'name,domain\r\n"A\r\nB",b.c\r\n\xff,x\r\nAcme,acme.com')
    assert [one.raw for one in found] == [b'"A\r\nB",b.c\r\n', b"\xff,x\r\n", b"Acme,acme.com\n"]
    assert of_jsonl(b"x" * (MAX_LINE_BYTES + 1))[0].raw is None


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([b'a,b,"', b'"', b"\r\n", b"x,y,z,,\n", b"q" * 70_000, b'"""', b"\n\n"]),
        ),
        max_size=12,
    )
)
def test_whatever_a_file_holds_every_record_begins_behind_the_one_before(pieces: list[bytes]) -> None:
    data = HEADER + b"".join(pieces)
    found = of_csv(data)
    assert all(one.line > before.last_line for before, one in pairwise(found))
    assert all((one.item is None) != (one.fault is None) for one in found)
    assert not found or found[-1].ends_at <= len(data)


@given(st.integers(0, 5))
def test_reading_on_behind_a_record_gives_the_rest(taken: int) -> None:
    data = HEADER + b'a,"A\nB",b.c,,\n\n' + b"b,Bee,bee.com,,\nx\n" * 2
    whole = of_csv(data)
    if taken == 0 or taken > len(whole):
        return
    last = whole[taken - 1]
    lines = Lines(io.BytesIO(data), number=last.last_line, offset=last.ends_at)
    columns = HEADER.decode().strip().split(",")
    assert list(records(csv_reader(lines, columns, TENANTS))) == whole[taken:]
