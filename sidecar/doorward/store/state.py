"""The state directory: one owner at a time, and the first key."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.domain.errors import StateUnusable

LOCK_NAME: Final = "lock"
ADMIN_KEY_NAME: Final = "admin.key"
_KEY_BYTES: Final = 32
_TRIES: Final = 10
_TRY_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedState:
    """Who holds a state directory: its process id and the address it answers at, if it said so yet."""

    pid: int
    address: str | None


class StateLock:
    """Exclusive ownership of a state directory, held until `release` or the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            StateUnusable: another process holds it, or the directory cannot be written.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            os.fchmod(self._file, 0o600)  # whoever can open it could hold it, and pass for its sidecar
        except OSError as error:
            message = f"the state directory {folder} cannot be written ({error.strerror}); give --state another one"
            raise StateUnusable(message) from error
        if not _locked(self._file):
            os.close(self._file)
            raise StateUnusable(_held_message(folder))
        self.announce(None)

    def announce(self, address: str | None) -> None:
        """Write who owns the directory and where it answers."""
        line = json.dumps({"pid": os.getpid(), "address": address}).encode() + b"\n"
        os.pwrite(self._file, line, 0)
        os.ftruncate(self._file, len(line))

    def release(self) -> None:
        """Give the directory up."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def _locked(file: int) -> bool:
    """Take the lock; clients that only look whether it is held have it for a moment, so try again."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_TRY_SECONDS)
        else:
            return True
    return False


def _held_message(folder: Path) -> str:
    holder = _holder(folder)
    who = f"process {holder.pid}" if holder else "another process"
    where = f", which answers at {holder.address}" if holder and holder.address else ""
    return f"the state directory {folder} is held by {who}{where}; stop it, or give --state another directory"


def _holder(folder: Path) -> LockedState | None:
    try:
        said = json.loads((folder / LOCK_NAME).read_bytes())
        return LockedState(pid=int(said["pid"]), address=said.get("address"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_lock(folder: Path) -> LockedState | None:
    """Who holds the state directory now, or None if nobody does."""
    try:
        file = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(folder)
    else:
        return None
    finally:
        os.close(file)


def read_admin_key(folder: Path) -> str | None:
    """The key in STATE/admin.key; None where there is none. Raises StateUnusable."""
    return read_or_make_admin_key(folder) if (folder / ADMIN_KEY_NAME).exists() else None


def read_or_make_admin_key(folder: Path) -> str:
    """The key in STATE/admin.key; made at first, readable by its owner alone.

    Raises:
        StateUnusable: the file is there but empty, or cannot be read or written.
    """
    path = folder / ADMIN_KEY_NAME
    try:
        if path.exists():
            key = path.read_text(encoding="ascii").strip()
            if not key:
                raise StateUnusable(f"{path} is empty; put a key into it, or remove it")
            return key
        key = f"dw_{secrets.token_urlsafe(_KEY_BYTES)}"
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(key + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise StateUnusable(f"{path} cannot be read or made: {error}") from error
    return key
