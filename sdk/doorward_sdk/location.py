"""Where the sidecar is and which key it takes: arguments, the environment, or the state folder of a local one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from doorward_sdk.errors import ConfigurationError, Unreachable
from doorward_sdk.transport.address import Address, parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

_KEY = re.compile(r"[\x21-\x7e]+\Z")
_DEFAULT_STATE = ".doorward"
_MAX_FILE_BYTES = 64 * 1024


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where a sidecar of this machine keeps its state."""
    return Path(environment.get("DOORWARD_STATE") or environment.get("BMAD_ENTERPRISE_STORAGE_PATH") or _DEFAULT_STATE)


class Location(NamedTuple):
    """A sidecar and the key for it; the two belong together."""

    address: Address
    key: str | None


class Locator:
    """Finds the sidecar, as often as it is asked: a local one may start, or move, after its clients.

    The address is the argument, else `DOORWARD_URL`, else the one in `STATE/lock` while a process holds that lock
    (another one may answer at the address of a sidecar that was killed). The key is the argument,
    else `DOORWARD_KEY`, else `STATE/admin.key`, which goes to the address in `STATE/lock` and nowhere else.
    STATE is `DOORWARD_STATE`, else `BMAD_ENTERPRISE_STORAGE_PATH`, else `.doorward`.
    """

    def __init__(self, url: str | None, key: str | None, environment: Mapping[str, str]) -> None:
        state = state_folder(environment).absolute()
        self._lock = state / "lock"
        self._key_file = state / "admin.key"
        given_url = environment.get("DOORWARD_URL") or None if url is None else url
        given_key = environment.get("DOORWARD_KEY") or None if key is None else key
        self._address = None if given_url is None else parse_address(given_url)
        self._key = None if given_key is None else check_key(given_key)

    def locate(self) -> Location:
        """Where the sidecar is now.

        Raises:
            Unreachable: no address is configured, and no sidecar runs on the state folder.
        """
        if self._address is not None and self._key is not None:
            return Location(self._address, self._key)
        local = self._local_address()
        address = self._address or local
        if address is None:
            raise Unreachable(
                f"no sidecar is known: no process holds {self._lock}; run `doorward serve` or set DOORWARD_URL"
            )
        key = self._key or (self._local_key() if address == local else None)
        return Location(address, key)

    def _local_address(self) -> Address | None:
        text = _read_if_held(self._lock)
        if text is None:
            return None
        try:
            content = json.loads(text)
            return parse_address(content["address"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # it may be half written
            if self._address is not None:
                return None
            raise Unreachable(f"{self._lock} names no address: {error}") from error

    def _local_key(self) -> str | None:
        text = _read(self._key_file)
        try:
            return None if text is None else check_key(text.strip())
        except ConfigurationError as error:
            raise Unreachable(f"{self._key_file} holds no key: {error}") from error


def check_key(key: object) -> str:
    """The key, if it can be sent.

    Raises:
        ConfigurationError: it is empty or holds more than visible ASCII; the message does not repeat it.
    """
    if not isinstance(key, str) or not _KEY.match(key):
        raise ConfigurationError("key: give the text of an API key, visible ASCII without blanks")
    return key


def _read_if_held(lock: Path) -> str | None:
    """What the lock says while its sidecar lives; one that was killed leaves its address behind."""
    try:
        with lock.open("rb") as file:
            if _nobody_holds(file):
                return None
    except OSError:
        return None
    return _read(lock)


def _nobody_holds(file: BinaryIO) -> bool:
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ImportError:  # pragma: no cover - Windows
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_MAX_FILE_BYTES)
    except (OSError, UnicodeDecodeError):
        return None  # missing or not ours to read: as if there were none
