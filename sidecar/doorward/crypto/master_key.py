"""The master key file: 32 random bytes in base64, for its owner alone."""

import base64
import binascii
import contextlib
import os
import shlex
import stat
import tempfile
from pathlib import Path
from typing import Final

from doorward.crypto.sealing import KEY_BYTES, RandomBytes
from doorward.domain.errors import StateUnusable

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_READ_AT_MOST: Final = 4096
_NEW: Final = ".new"


def read_or_make_master_key(path: Path, random: RandomBytes = os.urandom) -> bytes:
    """The key in a file; made where there is none, whole or not at all, and durable on return.

    Two who make it at a time both get the one that came first.

    Raises:
        StateUnusable: it cannot be read or made, others may read or write it, or it holds no key.
    """
    try:
        if not path.exists():
            _make(path, random(KEY_BYTES))
        _remove_other_names(path)
    except OSError as error:
        fix = "give DOORWARD_MASTER_KEY_FILE a path that can be written"
        raise StateUnusable(f"the master key {path} cannot be made ({error.strerror}); {fix}") from error
    return read_master_key(path)


def read_master_key(path: Path) -> bytes:
    """The key in a file that must be there.

    Raises:
        StateUnusable: it cannot be read, others may read or write it, or it holds no key.
    """
    try:
        content = _read_private(path)
    except OSError as error:
        fix = f"give DOORWARD_MASTER_KEY_FILE the right file, {_how_to_make(path)}"
        raise StateUnusable(f"the master key {path} cannot be read ({error.strerror}); {fix}") from error
    key = _decoded(content)
    if len(key) != KEY_BYTES:
        fix = f"put the right one back, {_how_to_make(path)}"
        raise StateUnusable(f"{path} holds no master key, which is {KEY_BYTES} bytes in base64; {fix}")
    return key


def _read_private(path: Path) -> bytes:
    """What is in the file; opened first and judged then, so that it is the judged one that is read."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a named pipe would block for ever
    try:
        mode = os.fstat(file).st_mode
        if not stat.S_ISREG(mode):
            raise StateUnusable(f"the master key {path} is no file; give DOORWARD_MASTER_KEY_FILE the right file")
        if mode & _OTHERS:
            raise StateUnusable(
                f"others may read or write the master key {path}; run `chmod 600 {shlex.quote(str(path))}`"
            )
        return os.read(file, _READ_AT_MOST)
    finally:
        os.close(file)


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        return b""


def _how_to_make(path: Path) -> str:
    command = f"(umask 077; head -c {KEY_BYTES} /dev/urandom | base64 > {shlex.quote(str(path))})"
    return f"or make one for a new database: {command}"


def _make(path: Path, key: bytes) -> None:
    """Write beside it and link it into place: unlike a rename, a link never takes the place of another key."""
    file, beside = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=_NEW)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(base64.b64encode(key) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else was first, and theirs counts
            os.link(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)
    _sync_folder(path.parent)


def _remove_other_names(path: Path) -> None:
    """Whoever was killed between link and unlink left the key under a second name, where a backup may take it along."""
    for other in path.parent.iterdir():
        if other.name.startswith(f"{path.name}.") and other.name.endswith(_NEW):
            with contextlib.suppress(FileNotFoundError):  # whoever is making the key removed it
                if other.samefile(path):
                    other.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
