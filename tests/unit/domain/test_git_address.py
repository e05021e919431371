"""What is a git URL, and what of it may be shown."""

import pytest

from doorward.domain.git_address import GitAddress

READ = [
    ("https://example.org/a/policy.git", ("https://example.org/a/policy.git", "", "")),
    ("https://example.org/policy#main", ("https://example.org/policy", "main", "")),
    ("https://example.org:8443/policy#release/1.x:services/pep/", ("https://example.org:8443/policy", "release/1.x", "services/pep")),
    ("https://example.org/policy#:pep", ("https://example.org/policy", "", "pep")),
    ("HTTPS://example.org/policy#refs/tags/v1", ("https://example.org/policy", "refs/tags/v1", "")),
    ("ssh://git@example.org:2222/policy.git", ("ssh://git@example.org:2222/policy.git", "", "")),
    ("git@example.org:team/policy.git#main", ("git@example.org:team/policy.git", "main", "")),
    ("file:///srv/policy.git", ("file:///srv/policy.git", "", "")),
]  # fmt: skip
FOLDERS = ["policy", "/srv/policy", "./a@b:c", "..", "C:/policy", "host:path", "a#b", "policy.git", "~/policy", "/a::b"]
REFUSED = [
    "ext::sh -c id",
    "fd::17",
    "git://example.org/policy",
    "ftp://example.org/policy",
    "javascript://x/y",
    "https://",
    "https://example.org",
    "https://example.org/",
    "https:///policy",
    "https://example.org:port/policy",
    "https://example.org/policy?x=1",
    "https://[::1/policy",
    "https://example.org/po licy",
    "https://example.org/policy\n",
    "https://a%0ab@example.org/policy",
    "ssh://-oProxyCommand=id/policy",
    "ssh://git:password@example.org/policy",
    "ssh://-l@example.org/policy",
    "file://example.org/policy",
    "file://",
    "https://example.org/policy#-x",
    "https://example.org/policy#a..b",
    "https://example.org/policy#a b",
    "https://example.org/policy#refs/heads/*",
    "https://example.org/policy#main.lock",
    "https://example.org/policy#main^{tree}",
    "https://example.org/policy#main@{1}",
    "https://example.org/policy#main:/etc",
    "https://example.org/policy#main:../x",
    "https://example.org/policy#main:a//b",
    "https://example.org/policy#main:.git",
    "https://example.org/policy#main:a:b",
    "https://example.org/" + "a" * 3_000,
]


@pytest.mark.parametrize(("text", "parts"), READ, ids=lambda one: one if isinstance(one, str) else "")
def test_a_url_is_read(text: str, parts: tuple[str, str, str]) -> None:
    address = GitAddress.parse(text)
    assert address is not None
    assert (address.url, address.ref, address.folder) == parts
    assert GitAddress.parse(str(address)) == address


@pytest.mark.parametrize("text", FOLDERS)
def test_anything_else_is_a_folder(text: str) -> None:
    assert GitAddress.parse(text) is None


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:60])
def test_a_url_that_is_not_followed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|leave|file:///"):
        GitAddress.parse(text)


def test_credentials_stand_apart_and_are_not_shown() -> None:
    address = GitAddress.parse("https://ann:p%40ss@example.org/policy#main")
    assert address is not None
    assert address.credentials == ("ann", "p@ss")
    assert str(address) == "https://example.org/policy#main"
    assert "p@ss" not in repr(address)


@pytest.mark.parametrize(
    "text",
    [
        "https://ann:s3cret@example.org/a?b=c",
        "ssh://ann:s3cret@example.org/a",
        "https://ann:s3cret@example.org",
        "git://ann:s3cret@example.org/a",
    ],
)
def test_a_refusal_does_not_tell_the_password(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        GitAddress.parse(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["https:/ann:secret@git.example.org/p", "ann:secret@git.example.org:p", " https://ann:secret@git.example.org/p"],
    ids=["a slash is missing", "a password in the short form", "a blank before it"],
)
def test_what_looks_like_a_url_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="it is no URL and looks like one") as raised:
        GitAddress.parse(text)
    assert "secret" not in str(raised.value)
