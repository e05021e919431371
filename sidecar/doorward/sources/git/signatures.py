"""Whether a commit carries an SSH signature by a key that the operator allows; `ssh-keygen` is the judge.

The format is OpenSSH's (PROTOCOL.sshsig, namespace `git`), in the commit's header `gpgsig`; what is
signed is the commit object without that header.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAMESPACE: Final = "git"
_SECONDS: Final = 10.0
_ARMOUR: Final = b"-----BEGIN SSH SIGNATURE-----\n"
_END: Final = b"\n-----END SSH SIGNATURE-----\n"
_MAX_SIGNATURE_BYTES: Final = 64 << 10
_KEPT_VARIABLES: Final = ("PATH", "TZ", "TMPDIR")
_SHA1_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class Signers:
    """Whom an operator allows to sign: a file in the form of `allowed_signers`, and one of revoked keys or a KRL."""

    allowed: Path
    revoked: Path | None = None

    def fault(self, commit: bytes, at: float | None = None, digits: int = _SHA1_DIGITS) -> str | None:
        """Why a commit (its raw object) is not trusted; None where an allowed key signed it.

        Args:
            commit: the object as git stores it.
            digits: how long its repository's ids are: the signature of another format of it counts nothing.
            at: when the key must have been valid, in epoch seconds; None is now. The commit's own date counts nothing.
        """
        payload, signatures = _taken_apart(commit, digits)
        if not signatures:
            return "has no signature; sign it with a key that --require-signed allows (git commit -S)"
        if len(signatures) > 1 or len(signatures[0]) > _MAX_SIGNATURE_BYTES:
            return "has more than one signature, or one that is too large; sign it once"
        if not signatures[0].startswith(_ARMOUR):
            return "has a signature that is not of SSH; set gpg.format to ssh and sign it again"
        if signatures[0].find(_END) != len(signatures[0]) - len(_END):  # what follows would be signed by nobody
            return "has a signature with something behind its end; sign it again"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "signature")
            file.write_bytes(signatures[0])
            return self._judged(payload, file, at)

    def _judged(self, payload: bytes, signature: Path, at: float | None) -> str | None:
        when = [] if at is None else [f"-Overify-time={time.strftime('%Y%m%d%H%M%S', time.localtime(at))}"]
        about = ["-f", str(self.allowed), "-s", str(signature), *when]
        code, printed, said = _ssh_keygen(["-Y", "find-principals", *about])
        principals = [line for line in printed.splitlines() if line]
        if code or not principals:
            return f"is signed by a key that {self.allowed} does not allow now: {said or 'no principal has it'}"
        revoked = ["-r", str(self.revoked)] if self.revoked is not None else []
        faults = [_verified(payload, [*about, "-I", principal, *revoked]) for principal in principals]
        if None in faults:
            return None
        if revoked and any(_verified(payload, [*about, "-I", principal]) is None for principal in principals):
            return f"is signed by a key that {self.revoked} revokes, or that file cannot be read"
        return f"has a signature that does not hold: {faults[-1] or 'it was made for other content'}"


def _verified(payload: bytes, about: Sequence[str]) -> str | None:
    """Why the signature does not hold, which may be empty; None where it does."""
    code, _, said = _ssh_keygen(["-Y", "verify", "-n", _NAMESPACE, *about], payload)
    return None if code == 0 else said


def signing_key_fault(key: Path) -> str | None:
    """Why a private key cannot sign without asking anybody; None where it can."""
    if not has_ssh_keygen():
        return "ssh-keygen is not installed; install openssh-client"
    code, _, _ = _ssh_keygen(["-y", "-P", "", "-f", str(key.absolute())])
    return f"{key} is no private SSH key, has a passphrase, or others may read it" if code else None


def has_ssh_keygen() -> bool:
    """Whether signatures can be verified on this machine."""
    return shutil.which("ssh-keygen") is not None


def _taken_apart(commit: bytes, digits: int) -> tuple[bytes, list[bytes]]:
    """What is signed, and the signatures in the header."""
    ours, other = (b"gpgsig ", b"gpgsig-sha256 ") if digits == _SHA1_DIGITS else (b"gpgsig-sha256 ", b"gpgsig ")
    header, blank, message = commit.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[list[bytes]] = []
    inside = False
    for line in header.split(b"\n"):
        if line.startswith(b" ") and inside:
            signatures[-1].append(line[1:])
        elif line.startswith((ours, other)):
            inside = True
            signatures.append([line.partition(b" ")[2] if line.startswith(ours) else b""])
        else:
            inside = False
            kept.append(line)
    return b"\n".join(kept) + blank + message, [b"\n".join(lines) + b"\n" for lines in signatures]


def _ssh_keygen(arguments: Sequence[str], given: bytes = b"") -> tuple[int, str, str]:
    """Exit code, what it printed, and its last words."""
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment = {"PATH": os.defpath, **environment, "LC_ALL": "C"}
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed program, and arguments that no shell reads
            ["ssh-keygen", *arguments],  # noqa: S607 - found by the operator's PATH, as git is
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", f"ssh-keygen cannot be run: {error}"
    words = [line for line in ended.stderr.decode(errors="replace").splitlines() if line.isprintable() and line]
    return ended.returncode, ended.stdout.decode(errors="replace"), words[-1] if words else ""
