"""Where a policy repository is: its URL, the branch or tag, and the folder of the policy in it."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER: Final = re.compile(r"[A-Za-z0-9_-]+::")
_SCP: Final = re.compile(r"[^/:@\s-][^/:@\s]*@[^/:@\s-][^/:@\s]*:.+")
_ALMOST: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]+:/|[^/@\s]*:[^/@\s]*@|\s+\S*://)")
"""What was meant for a URL: taken for a folder, a password in it would be shown."""
_REF: Final = re.compile(r"[A-Za-z0-9_+=@,%!()][A-Za-z0-9_+=@,%!()./-]*")
_SCHEMES: Final = ("https", "http", "ssh", "file")
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class GitAddress:
    """One policy in one repository.

    `url` holds no credentials; those that were given in it stand apart, as user and password.
    `ref` is a branch, a tag or a full name (`refs/...`); empty: the branch that the repository calls its HEAD.
    `folder` holds models/ and policies/; empty: the root.
    """

    url: str
    ref: str = ""
    folder: str = ""
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> "GitAddress | None":
        """Read `URL[#ref[:folder]]`; None where the text is no URL and so the path of a folder.

        Raises:
            ValueError: a URL that is not followed, naming the fix; credentials are never in the message.
        """
        url, _, fragment = text.partition("#")
        scheme = _SCHEME.match(url)
        if scheme is None and _HELPER.match(url):
            raise ValueError(f"git's helper {url.partition('::')[0]!r} is not used; write https://, ssh:// or file://")
        if scheme is None and not _SCP.fullmatch(url):
            if _ALMOST.match(text):
                raise ValueError("it is no URL and looks like one; write https://HOST/PATH or user@host:path")
            return None
        if len(text) > _LONGEST or not text.isprintable() or " " in text:
            raise ValueError("the git URL has spaces or control characters, or is too long; write them as %20")
        ref, _, folder = fragment.partition(":")
        credentials = None
        if scheme is not None:
            url, credentials = _without_credentials(url, scheme[1].lower())
        return cls(url, _checked_ref(ref), _checked_folder(folder), credentials)

    @property
    def is_http(self) -> bool:
        """Whether it is fetched over HTTP."""
        return self.url.startswith(("https://", "http://"))

    @property
    def local_path(self) -> str | None:
        """The folder of a repository on this machine (`file://`)."""
        return unquote(self.url.removeprefix("file://")) if self.url.startswith("file://") else None

    def __str__(self) -> str:
        inside = f"#{self.ref}:{self.folder}" if self.folder else f"#{self.ref}" if self.ref else ""
        return self.url + inside


def _without_credentials(url: str, scheme: str) -> tuple[str, tuple[str, str] | None]:
    if scheme not in _SCHEMES:
        raise ValueError(f"{scheme}:// is not followed; write https://, http://, ssh:// or file://")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the git URL has no valid host and port; write https://HOST/PATH") from None
    if parts.query:
        raise ValueError("the git URL has a query; leave out everything from the ? on")
    if scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise ValueError("a file URL is file:// and an absolute path, like file:///srv/policy.git")
        return f"file://{parts.path}", None
    if not host or host.startswith("-") or not parts.path.strip("/"):
        raise ValueError(f"the git URL lacks host or path; write {scheme}://HOST/PATH")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isprintable():
        raise ValueError("user and password in the git URL hold control characters; leave them out")
    at = parts.netloc.rpartition("@")[2]
    if scheme == "ssh":
        if password or user.startswith("-"):
            raise ValueError("ssh takes no password from a URL; write ssh://USER@HOST/PATH and use a key")
        return f"ssh://{parts.username}@{at}{parts.path}" if user else f"ssh://{at}{parts.path}", None
    return f"{scheme}://{at}{parts.path}", (user, password) if user or password else None


def _checked_ref(ref: str) -> str:
    bad = ref and (not _REF.fullmatch(ref) or any(part in ref for part in ("..", "//", "@{", "/.")))
    if bad or ref == "@" or ref.endswith(("/", ".", ".lock")):
        raise ValueError(f"{ref!r} is no name of a branch or tag; write URL#main or URL#main:folder")
    return ref


def _checked_folder(folder: str) -> str:
    folder = folder.removesuffix("/")
    if folder and any(not part or part.startswith(".") or ":" in part for part in folder.split("/")):
        raise ValueError(f"{folder!r} is no folder of a repository; write it like services/policy")
    return folder
