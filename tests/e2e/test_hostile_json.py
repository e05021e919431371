"""Hostile bodies: wrong, missing, double, deep and huge JSON is a 400 that names the fix, at once."""

import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from e2e.test_hostile_http import EVALUATION, PROBLEM, QUESTION, assert_it_still_answers, hostile_server, post
from support.sidecars import Sidecar

BATCH = "/access/v1/evaluations"
AT_ONCE_SECONDS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with hostile_server(tmp_path_factory) as running:
        yield running


def with_context(text: bytes) -> bytes:
    """The question with a context of any text."""
    return QUESTION[:-1] + b', "context": ' + text + b"}"


def changed(**members: object) -> bytes:
    """The question with members replaced; None removes one."""
    question = json.loads(QUESTION) | members
    return json.dumps({name: value for name, value in question.items() if value is not None}).encode()


def subject(**members: object) -> bytes:
    return changed(subject={"type": "user", "id": "alice"} | members)


class Text(NamedTuple):
    """A body that is refused as a text, whatever it is asked for, and a part of what is said about it."""

    name: str
    content: bytes
    says: str


DEEP = 100_000
TEXTS = (
    Text("nothing", b"", "empty"),
    Text("a blank", b" ", "no JSON"),
    Text("an array", b"[]", "array"),
    Text("a string", b'"subject"', "string"),
    Text("a number", b"1", "number"),
    Text("null", b"null", "null"),
    Text("true", b"true", "boolean"),
    Text("cut off", QUESTION[:-1], "no JSON"),
    Text("something after the end", QUESTION + b"x", "no JSON"),
    Text("two documents", QUESTION * 2, "no JSON"),
    Text("a comma at the end", QUESTION[:-1] + b",}", "no JSON"),
    Text("single quotes", QUESTION.replace(b'"', b"'"), "no JSON"),
    Text("a comment", b"/* ! */" + QUESTION, "no JSON"),
    Text("a form", b"subject=user&action=view", "no JSON"),
    Text("NaN", with_context(b'{"a": NaN}'), "NaN"),
    Text("Infinity", with_context(b'{"a": [Infinity]}'), "Infinity"),
    Text("minus Infinity", with_context(b'{"a": -Infinity}'), "Infinity"),
    Text("1e999", with_context(b'{"a": 1e999}'), "too large"),
    Text("-1e999", with_context(b'{"a": -1e999}'), "too large"),
    Text("an integer of 5000 digits", with_context(b'{"a": ' + b"9" * 5000 + b"}"), "too many digits"),
    Text("100,000 arrays", with_context(b"[" * DEEP + b"]" * DEEP), "too deep"),
    Text("100,000 objects", with_context(b'{"a":' * DEEP + b"1" + b"}" * DEEP), "too deep"),
    Text("100,000 arrays that stay open", b"[" * DEEP, "too deep"),
    Text("a lone surrogate, escaped", with_context(rb'{"a": "\ud800"}'), "surrogate"),
    Text("a lone surrogate as a name", with_context(rb'{"\udfff": 1}'), "surrogate"),
    Text("surrogates in the wrong order", with_context(rb'{"a": "\udc00\ud800"}'), "surrogate"),
    Text("a lone surrogate, raw", with_context(b'{"a": "\xed\xa0\x80"}'), "UTF-8"),
    Text("a NUL, escaped", with_context(rb'{"a": "\u0000"}'), "NUL"),
    Text("a NUL, raw", with_context(b'{"a": "\0"}'), "no JSON"),
    Text("a NUL in an id", QUESTION.replace(b"alice", rb"al\u0000ice"), "NUL"),
    Text("a line break in a string", with_context(b'{"a": "\n"}'), "no JSON"),
    Text("no UTF-8", with_context(b'{"a": "\xff"}'), "UTF-8"),
    Text("UTF-8 that is too long", with_context(b'{"a": "\xc0\xaf"}'), "UTF-8"),
    Text("UTF-16", QUESTION.decode().encode("utf-16"), "UTF-8"),
    Text("UTF-32", QUESTION.decode().encode("utf-32"), "UTF-8"),
    Text("a byte order mark", b"\xef\xbb\xbf" + QUESTION, "no JSON"),
    Text("a member twice", QUESTION[:-1] + b', "action": {"name": "view"}}', "'action' stands twice"),
    Text("a member twice, once escaped", QUESTION[:-1] + rb', "\u0061ction": {"name": "view"}}', "stands twice"),
    Text("a member twice, deep inside", with_context(b'{"a": [{"b": {"c": 1, "c": 1}}]}'), "'c' stands twice"),
    Text(
        "a member twice among 60,000",
        with_context(b"{" + b",".join(b'"%x":1' % number for number in range(60_000)) + b',"z":1,"z":1}'),
        "'z' stands twice",
    ),
)


@pytest.mark.parametrize("path", [EVALUATION, BATCH], ids=["one", "batch"])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_text_that_is_refused(text: Text, path: str, server: Sidecar) -> None:
    started = time.monotonic()
    answer = post(server, text.content, path=path)
    assert time.monotonic() - started < AT_ONCE_SECONDS
    assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)
    assert text.says in answer.detail
    assert len(answer.detail) < 300
    assert_it_still_answers(server)


MEMBERS = {
    "no subject": (changed(subject=None), "subject"),
    "subject is a string": (changed(subject="user:alice"), "subject"),
    "subject is an array": (changed(subject=[]), "subject"),
    "subject without type": (changed(subject={"id": "a"}), "type"),
    "subject without id": (changed(subject={"type": "user"}), "id"),
    "id is a number": (subject(id=1), "subject.id"),
    "id is null": (subject(id=None), "subject.id"),
    "id is empty": (subject(id=""), "subject.id"),
    "id of 513 bytes": (subject(id="a" * 513), "subject.id"),
    "id of 513 bytes in 257 characters": (subject(id="\u00e9" * 257), "subject.id"),
    "id with a line break": (subject(id="a\nb"), "control character"),
    "id with a DEL": (subject(id="a\x7f"), "control character"),
    "id with a C1 control": (subject(id="a\x85"), "control character"),
    "id is *": (subject(id="*"), "subject.id '*'"),
    "type is role": (subject(type="role", id="admin"), "subject.type 'role'"),
    "type is empty": (subject(type=""), "subject.type"),
    "type is *": (subject(type="*"), "subject.type"),
    "type with a colon": (subject(type="user:x"), "subject.type"),
    "type that ends in a line break": (subject(type="user\n"), "subject.type"),
    "type of 600 letters": (subject(type="a" * 600), "subject.type"),
    "type in Cyrillic": (subject(type="us\u0435r"), "subject.type"),
    "properties are an array": (subject(properties=[]), "subject.properties"),
    "roles are a string": (subject(properties={"roles": "viewer"}), "subject.properties.roles"),
    "roles are numbers": (subject(properties={"roles": [1]}), "subject.properties.roles"),
    "no action": (changed(action=None), "action"),
    "action without name": (changed(action={}), "name"),
    "action is a string": (changed(action="view"), "action"),
    "action name is empty": (changed(action={"name": ""}), "action.name"),
    "no resource": (changed(resource=None), "resource"),
    "resource without id": (changed(resource={"type": "agents"}), "id"),
    "resource type with a blank": (changed(resource={"type": "a b", "id": "1"}), "resource.type"),
    "resource id is empty": (changed(resource={"type": "agents", "id": ""}), "resource.id"),
    "context is a string": (changed(context="acme"), "context"),
    "tenant is a number": (changed(context={"tenant": 1}), "context.tenant"),
    "tenant is empty": (changed(context={"tenant": ""}), "context.tenant"),
    "tenant of 600 bytes": (changed(context={"tenant": "a" * 600}), "context.tenant"),
    "tenant with a control character": (changed(context={"tenant": "a\x01"}), "control character"),
    "tenants that contradict": (
        subject(properties={"tenant": "globex"})[:-1] + b', "context": {"tenant": "acme"}}',
        "name one tenant",
    ),
    "domain is a number": (changed(context={"domain": 1}), "context.domain"),
}


@pytest.mark.parametrize(("content", "says"), MEMBERS.values(), ids=MEMBERS)
def test_a_member_that_is_refused(content: bytes, says: str, server: Sidecar) -> None:
    answer = post(server, content)
    assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)
    assert says in answer.detail
    assert "\n" not in answer.detail
    # In a batch it is answered in its place, and its neighbours are answered as ever.
    batch = json.dumps({"evaluations": [json.loads(QUESTION), json.loads(content), json.loads(QUESTION)]}).encode()
    answer = post(server, batch, path=BATCH)
    first, wrong, last = json.loads(answer.body)["evaluations"]
    assert (answer.status, first, last) == (200, {"decision": True}, {"decision": True})
    assert (wrong["decision"], wrong["context"]["error"]["status"]) == (False, 400)
    assert says in wrong["context"]["error"]["message"]
    assert_it_still_answers(server)


UNKNOWN = {"unknown": "nope", "any": "*", "none": "-", "of another case": "ACME", "with a blank": "acme "}


@pytest.mark.parametrize("tenant", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_tenant_is_a_denial_with_an_error(tenant: str, server: Sidecar) -> None:
    answer = post(server, changed(context={"tenant": tenant}))
    said = json.loads(answer.body)
    assert (answer.status, said["decision"], said["context"]["error"]["status"]) == (200, False, 404)
    assert tenant in said["context"]["error"]["message"]


DENIED = {
    "an id of 512 bytes": subject(id="a" * 512),
    "an id with a line separator": subject(id="a\u2028"),
    "a role's name as an id": subject(id="role:admin"),
    "a type that looks like role": subject(type="Role", id="admin"),
    "an id in front of which stands a type": subject(id="user:alice"),
    "any action": changed(action={"name": "*"}),
    "an unknown role": subject(properties={"roles": ["nobody", "", "*", "role:viewer", "viewer\n"]}),
    "a resource of another tenant": changed(
        resource={"type": "agents", "id": "1", "properties": {"tenant": "globex"}}, context={"tenant": "acme"}
    ),
}


@pytest.mark.parametrize("content", DENIED.values(), ids=DENIED)
def test_what_is_no_fault_is_a_plain_denial(content: bytes, server: Sidecar) -> None:
    answer = post(server, content)
    assert (answer.status, answer.body) == (200, b'{"decision":false}')


ALLOWED = {
    "blanks around": b" \t\r\n" + QUESTION + b"\r\n\t ",
    "members nobody knows": QUESTION[:-1] + b', "x": {"y": []}, "": 0}',
    "null in optional members": QUESTION[:-1] + b', "context": null}',
    "an integer of 4000 digits": with_context(b'{"a": ' + b"9" * 4000 + b"}"),
    "half a megabyte of decimals": with_context(b'{"a": 0.' + b"9" * 500_000 + b"}"),
    "surrogates in a pair": with_context(rb'{"a": "\ud83d\ude00"}'),
    "nearly a megabyte": with_context(b'{"a": "' + b"x" * 1_048_000 + b'"}'),
}


@pytest.mark.parametrize("content", ALLOWED.values(), ids=ALLOWED)
def test_what_is_no_fault_changes_nothing(content: bytes, server: Sidecar) -> None:
    answer = post(server, content)
    assert (answer.status, answer.body) == (200, b'{"decision":true}')
