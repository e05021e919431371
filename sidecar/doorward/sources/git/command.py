"""Runs git so that nothing in a repository can run anything: settings pinned, time, output and files bounded."""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from doorward.domain.errors import DoorwardError

GIT_SECONDS: Final = 30.0
MAX_OUTPUT_BYTES: Final = 16 << 20
MAX_FILE_BYTES: Final = 512 << 20
MAX_MEMORY_BYTES: Final = 1 << 30
_MAX_ERROR_BYTES: Final = 4_000
_CHUNK_BYTES: Final = 1 << 16
_BLOCK_BYTES: Final = 512  # what `ulimit -f` counts in

_KEPT_VARIABLES: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip
"""What git and ssh need of the operator's environment: programs, credentials, proxies. No GIT_DIR, no GIT_CONFIG."""

_PINNED: Final = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.alternateRefsCommand=false",
    "core.bigFileThreshold=1m",  # larger ones are streamed, not held
    "core.deltaBaseCacheLimit=16m",
    "core.packedGitWindowSize=16m",
    "core.packedGitLimit=128m",
    "pack.threads=1",
    "pack.windowMemory=64m",
    "core.symlinks=false",
    "core.quotePath=false",
    "core.editor=false",
    "core.pager=cat",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "gpg.program=false",
    "gpg.x509.program=false",
    "gpg.ssh.program=ssh-keygen",
    "gpg.ssh.defaultKeyCommand=",
    "credential.interactive=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "protocol.ext.allow=never",
)
_BOUND: Final = 'bound() { if (ulimit "$1" "$2") 2>/dev/null; then ulimit "$1" "$2"; fi; }'
"""A tighter limit that stands already stays: to raise it would end the shell."""
_SSH: Final = "ssh -o BatchMode=yes -o ConnectTimeout=5 -o ClearAllForwardings=yes -o PermitLocalCommand=no"
_PROGRESS: Final = re.compile(r"(remote: )?((\w+ objects|Resolving deltas): .*\d\)?(, done\.|,.*)?|Total .*)")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]*@")


_running: Final[set[subprocess.Popen[bytes]]] = set()


class GitFailed(DoorwardError):  # noqa: N818 - reads as what happened
    """git said no, took too long, or gave more than it may; the message has its last words, without credentials."""

    def __init__(self, message: str, code: int | None = None) -> None:
        """`code` is what git ended with: of a signal, negative; None where it never started, or had to be killed."""
        super().__init__(message)
        self.code = code


class GitExceeded(GitFailed):
    """git took too long, or printed more than it may."""


class Git:
    """git on one repository: a bare mirror of our own, or a work tree of the operator's.

    `settings` are more lines for `git -c`, after those that are pinned; `environment` more variables for every call.
    `files` are open files that git keeps open too: a lock on one lasts until the git that works under it has ended.
    """

    def __init__(
        self,
        repository: Path,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        files: Sequence[int] = (),
    ) -> None:
        self.repository = repository
        self._files = tuple(files)
        self._settings = tuple(settings)
        self._own_environment = dict(environment or {})

    def at(self, repository: Path) -> "Git":
        """The same git on another repository."""
        return Git(repository, self._settings, self._own_environment, self._files)

    def with_settings(self, more: Sequence[str]) -> "Git":
        """The same git with more settings."""
        return Git(self.repository, (*self._settings, *more), self._own_environment, self._files)

    def with_environment(self, more: Mapping[str, str]) -> "Git":
        """The same git with more variables."""
        return Git(self.repository, self._settings, {**self._own_environment, **more}, self._files)

    def with_files(self, files: Sequence[int]) -> "Git":
        """The same git that keeps these files open."""
        return Git(self.repository, self._settings, self._own_environment, files)

    def run(
        self,
        *arguments: str,
        given: bytes = b"",
        seconds: float = GIT_SECONDS,
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        max_file_bytes: int = MAX_FILE_BYTES,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run `git ARGUMENTS` in the repository and return what it printed.

        Args:
            arguments: the command and its arguments; whatever comes from outside stands behind `--`, or is an id.
            given: what it reads from standard input.
            seconds: how long it may take, with all it starts.
            max_output_bytes: how much it may print.
            max_file_bytes: how large a file it may write.
            environment: variables beside those that are kept and pinned.

        Raises:
            GitFailed: it failed; GitExceeded where it passed one of these limits and, with all it started, was killed.
        """
        if shutil.which("git") is None:
            raise GitFailed("git is not installed; install it, or give --policy a folder")
        command = ["git", *(part for setting in (*_PINNED, *self._settings) for part in ("-c", setting)), *arguments]
        bounds = f"bound -f {max_file_bytes // _BLOCK_BYTES}; bound -d {MAX_MEMORY_BYTES >> 10}"
        limited = ["/bin/sh", "-c", f'{_BOUND}; {bounds}; exec "$@"', "sh", *command]
        with tempfile.TemporaryFile() as standard_input, tempfile.TemporaryFile() as errors:
            standard_input.write(given)
            standard_input.seek(0)
            with self._started(limited, standard_input, errors, environment or {}) as process:
                _running.add(process)
                try:
                    printed = _read(process, time.monotonic() + seconds, seconds, max_output_bytes)
                except BaseException as failure:
                    _end(process)
                    if isinstance(failure, GitExceeded):
                        raise GitExceeded(f"git {arguments[0]} {failure}") from None
                    raise
                finally:
                    _running.discard(process)
            if process.returncode:
                said = _last_words(errors, process.returncode)
                raise GitFailed(f"git {arguments[0]} failed: {said}", process.returncode)
        return printed

    def _started(
        self, command: Sequence[str], given: IO[bytes], errors: IO[bytes], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - a fixed program, and arguments that no shell reads
                command,
                cwd=self.repository,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**_environment(), **self._own_environment, **environment},
                pass_fds=self._files,
                process_group=0,
            )
        except OSError as error:
            raise GitFailed(f"git cannot be run in {self.repository}: {error.strerror}") from error

    def succeeds(self, *arguments: str, seconds: float = GIT_SECONDS) -> bool:
        """Whether `git ARGUMENTS` ends with 0; for commands whose exit code is their answer. Raises GitExceeded."""
        try:
            self.run(*arguments, seconds=seconds)
        except GitExceeded:
            raise
        except GitFailed:
            return False
        return True


def end_all() -> None:
    """Kill every git that this process has started and that still runs; for its end."""
    for process in list(_running):
        _end(process)


def without_credentials(text: str) -> str:
    """The text without what stands before the `@` of addresses in it."""
    return _CREDENTIALS.sub("", text)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        "PATH": os.defpath,
        "GIT_SSH_COMMAND": _SSH,
        **kept,
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS_REQUIRE": "never",
    }


def _read(process: subprocess.Popen[bytes], deadline: float, seconds: float, max_bytes: int) -> bytes:
    """All that the process prints, until it ends."""
    printed = bytearray()
    stream = process.stdout
    if stream is None:  # it has one: stdout=PIPE
        return b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            raise GitExceeded(f"took longer than {seconds:g} s")
        chunk = os.read(stream.fileno(), _CHUNK_BYTES)
        if not chunk:
            break
        printed += chunk
        if len(printed) > max_bytes:
            raise GitExceeded(f"printed more than {max_bytes} bytes")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise GitExceeded(f"took longer than {seconds:g} s") from None
    return bytes(printed)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, which nobody has waited for yet, and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _last_words(errors: IO[bytes], code: int) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _MAX_ERROR_BYTES))
    lines = errors.read().decode(errors="replace").splitlines()
    shown = ("".join(c if c.isprintable() else " " for c in line).strip() for line in lines)
    said = [text for text in shown if text and not _PROGRESS.fullmatch(text)]
    if -code == signal.SIGXFSZ:
        said.append("a file would be larger than it may be")
    return without_credentials("; ".join(said[-3:])) or f"exit code {code}"
