"""What a remote repository says of itself: which ref is followed, where it stands, how it names objects."""

from dataclasses import dataclass
from typing import Final

from doorward.domain.errors import PolicyInvalid, Problem
from doorward.domain.git_address import GitAddress
from doorward.sources.git.command import Git, GitFailed

ASK_SECONDS: Final = 4.5
SSH_SECONDS: Final = 10.0  # it may have to ask an agent, and go through other hosts
_SHA256_DIGITS: Final = 64
_IDS: Final = (40, _SHA256_DIGITS)
_MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Tip:
    """The full name of the followed ref, and the id it stands at (of a tag object, where it is an annotated tag)."""

    ref: str
    object_id: str

    @property
    def object_format(self) -> str:
        """How the repository names objects: `sha1` or `sha256`."""
        return "sha256" if len(self.object_id) == _SHA256_DIGITS else "sha1"


def ask_for_tip(git: Git, address: GitAddress) -> Tip:
    """Ask the repository where the followed ref stands.

    Raises:
        GitFailed: it does not answer, or not in time.
        PolicyInvalid: it has no such branch or tag.
    """
    names = _names(address.ref)
    quick = address.is_http or address.local_path is not None
    command = ("ls-remote", "--symref", "--", address.url, *names)
    # A pattern of git's matches the ends of names too: any branch may be called x/refs/heads/main.
    asked = tuple(f"\t{name}".encode() for name in names)
    printed = git.run(
        *command,
        seconds=ASK_SECONDS if quick else SSH_SECONDS,
        max_output_bytes=_MAX_BYTES,
        wanted=lambda line: line.endswith(asked),
    )
    ids: dict[str, str] = {}
    links: dict[str, str] = {}
    for line in printed.decode(errors="replace").split("\n")[:-1]:
        value, _, name = line.partition("\t")
        if name not in names:
            continue
        if value.startswith("ref: "):
            links[name] = value.removeprefix("ref: ")
        elif len(value) not in _IDS or not set(value) <= set("0123456789abcdef"):
            raise GitFailed("the server's list of branches cannot be read")
        else:
            ids[name] = value
    for name in names:
        if name in ids:
            return Tip(_linked(name, links), ids[name])
    what = f"has no branch or tag {address.ref!r}" if address.ref else "is empty, or its HEAD names no branch"
    raise PolicyInvalid(
        [Problem(path=str(address), line=0, message=f"the repository {what}; push it, or name another")]
    )


def _names(ref: str) -> list[str]:
    """The full names that a ref may mean, the likeliest first."""
    if not ref or ref == "HEAD":
        return ["HEAD"]
    return [ref] if ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]


def _linked(name: str, links: dict[str, str]) -> str:
    """The branch that HEAD stands for; a name that could not be a branch's is not believed."""
    target = links.get(name, name)
    return target if target.startswith("refs/") and target.isprintable() and " " not in target else name
