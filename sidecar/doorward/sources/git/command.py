"""Runs git so that nothing in a repository can run anything: settings pinned, time, output and files bounded."""

import contextlib
import math
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from doorward.domain.errors import DoorwardError
from doorward.sources.git.pinned import PINNED, pinned_environment
from doorward.sources.git.reading import Exceeded, Reader

GIT_SECONDS: Final = 30.0
MAX_OUTPUT_BYTES: Final = 16 << 20
MAX_FILE_BYTES: Final = 512 << 20
MAX_MEMORY_BYTES: Final = 1 << 30
_BLOCK_BYTES: Final = 512  # what `ulimit -f` counts in

_BOUND: Final = 'bound() { if (ulimit "$1" "$2") 2>/dev/null; then ulimit "$1" "$2"; fi; }'
"""A tighter limit that stands already stays: to raise it would end the shell."""
_LEASH_SECONDS: Final = 5
_PROGRESS: Final = re.compile(r"(remote: )?((\w+ objects|Resolving deltas): .*\d\)?(, done\.|,.*)?|Total .*)")
_COMMONPLACES: Final = (
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "error: failed to push some refs to ",
    "To ",
)
"""How lines begin that git says below the words of ssh or of the remote, whatever those were."""
_TAKEN: Final = re.compile(r" after \d+ ms\b")
"""What differs from one try to the next: the same outage is to be told in the same words."""
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

    def run(  # noqa: PLR0913 - every bound can be another
        self,
        *arguments: str,
        given: bytes = b"",
        seconds: float = GIT_SECONDS,
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        max_file_bytes: int = MAX_FILE_BYTES,
        environment: Mapping[str, str] | None = None,
        wanted: Callable[[bytes], bool] | None = None,
    ) -> bytes:
        """Run `git ARGUMENTS` in the repository and return what it printed.

        Args:
            arguments: the command and its arguments; whatever comes from outside stands behind `--`, or is an id.
            given: what it reads from standard input.
            seconds: how long it may take, with all it starts.
            max_output_bytes: how much it may print.
            max_file_bytes: how large a file it may write.
            environment: variables beside those that are kept and pinned.
            wanted: which lines of what it prints are kept, and counted; all, unless given.

        Raises:
            GitFailed: it failed; GitExceeded where it passed one of these limits and, with all it started, was killed.
        """
        if shutil.which("git") is None:
            raise GitFailed("git is not installed; install it, or give --policy a folder")
        command = ["git", *(part for setting in (*PINNED, *self._settings) for part in ("-c", setting)), *arguments]
        bounds = f"bound -f {max_file_bytes // _BLOCK_BYTES}; bound -d {MAX_MEMORY_BYTES >> 10}"
        limited = ["/bin/sh", "-c", f'{_BOUND}; {bounds}; exec "$@"', "sh", *_leash(seconds), *command]
        reader = Reader(seconds, max_output_bytes, wanted)
        with _given(given) as standard_input, self._started(limited, standard_input, environment or {}) as process:
            _running.add(process)
            try:
                reader.read(process)
            except BaseException as failure:
                _end(process)
                if isinstance(failure, Exceeded):
                    raise GitExceeded(f"git {arguments[0]} {failure}") from None
                raise
            finally:
                _running.discard(process)
        if process.returncode:
            said = _last_words(bytes(reader.messages), process.returncode)
            raise GitFailed(f"git {arguments[0]} failed: {said}", process.returncode)
        return bytes(reader.printed)

    def _started(
        self, command: Sequence[str], given: IO[bytes], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - a fixed program, and arguments that no shell reads
                command,
                cwd=self.repository,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**pinned_environment(), **self._own_environment, **environment},
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


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process, which nobody has waited for yet, and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _leash(seconds: float) -> list[str]:
    """What ends git, and all it started, where nobody is left to do it: this process may be killed before git ends."""
    timeout = shutil.which("timeout")
    return [timeout, "-s", "KILL", str(math.ceil(seconds) + _LEASH_SECONDS)] if timeout else []


@contextlib.contextmanager
def _given(content: bytes) -> Iterator[IO[bytes]]:
    """A file to read the content from."""
    with tempfile.TemporaryFile() if content else open(os.devnull, "rb") as file:  # noqa: PTH123 - one kind of file
        if content:
            file.write(content)
            file.seek(0)
        yield file


def _last_words(messages: bytes, code: int) -> str:
    lines = messages.decode(errors="replace").splitlines()
    shown = ("".join(c if c.isprintable() else " " for c in line).strip() for line in lines)
    said = [text for text in shown if text and not _PROGRESS.fullmatch(text)]
    telling = [text for text in said if not text.startswith(_COMMONPLACES)] or said[:1]
    if -code == signal.SIGXFSZ:
        telling.append("a file would be larger than it may be")
    return without_credentials(_TAKEN.sub("", "; ".join(telling[-3:]))) or f"exit code {code}"
