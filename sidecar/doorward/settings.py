"""What an operator sets; read once, frozen."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from doorward.domain.address import Listen
from doorward.domain.database_address import DatabaseAddress
from doorward.domain.git_address import GitAddress

DEFAULT_LISTEN: Final = "127.0.0.1:8642"
DEFAULT_STATE: Final = ".doorward"
DEFAULT_POLL_SECONDS: Final = 30.0
LEAST_POLL_SECONDS: Final = 0.1
MOST_POLL_SECONDS: Final = 86_400
DEFAULT_FACTS_USERS: Final = 100_000
LEAST_FACTS_USERS: Final = 100
MOST_FACTS_USERS: Final = 100_000_000
LEAST_SECRET_BYTES: Final = 24
CHANGES: Final = ("direct", "review")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What becomes of a change through the API: a branch to be merged, if for review; signed, if there is a key."""

    review: bool = False
    signing_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageWebhook:
    """Where to tell of thresholds of usage, and the secret that signs."""

    url: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything `doorward serve` needs to know."""

    policy: Path | GitAddress
    state: Path
    listen: Listen
    database: DatabaseAddress
    master_key_file: Path | None = None
    facts_users: int = DEFAULT_FACTS_USERS
    public_base_url: str | None = None
    no_auth: bool = False
    poll_seconds: float = DEFAULT_POLL_SECONDS
    webhook_secret: bytes | None = field(default=None, repr=False)
    writing: Writing = Writing()
    cors_origins: tuple[str, ...] = ()
    usage_webhook: UsageWebhook | None = None


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """DOORWARD_STATE, else BMAD_ENTERPRISE_STORAGE_PATH, else `.doorward`."""
    return Path(environment.get("DOORWARD_STATE") or environment.get("BMAD_ENTERPRISE_STORAGE_PATH") or DEFAULT_STATE)


def policy_place(
    given: str | None, else_folder: Path, environment: Mapping[str, str] = os.environ
) -> Path | GitAddress:
    """What is given, else DOORWARD_POLICY, both a folder or a git URL, else a folder.

    Raises:
        ValueError: a git URL that is not followed; the message names the fix.
    """
    text = given or environment.get("DOORWARD_POLICY")
    return GitAddress.parse(text) or Path(text) if text else else_folder


def database_address(
    state: Path, given: str | None = None, environment: Mapping[str, str] = os.environ
) -> DatabaseAddress:
    """What is given, else DOORWARD_DATABASE, else an SQLite file in the state directory.

    Raises:
        ValueError: it is no address of a database; the message names the fix.
    """
    text = given or environment.get("DOORWARD_DATABASE")
    return DatabaseAddress.parse(text) if text else DatabaseAddress.in_folder(state)


def master_key_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """DOORWARD_MASTER_KEY_FILE."""
    given = environment.get("DOORWARD_MASTER_KEY_FILE")
    return Path(given) if given else None


def facts_users(environment: Mapping[str, str] = os.environ) -> int:
    """DOORWARD_FACTS_USERS: how many users decisions remember at most. Raises ValueError naming the fix."""
    given = environment.get("DOORWARD_FACTS_USERS") or str(DEFAULT_FACTS_USERS)
    if not given.isascii() or not given.isdecimal() or not LEAST_FACTS_USERS <= int(given) <= MOST_FACTS_USERS:
        raise ValueError(
            f"{given[:40]!r} is no number of users; give one from {LEAST_FACTS_USERS} to {MOST_FACTS_USERS}"
        )
    return int(given)


def cors_origins(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """DOORWARD_CORS_ORIGINS: whose pages may ask for flags, joined by commas. Raises ValueError naming the fix."""
    given = [one.strip() for one in environment.get("DOORWARD_CORS_ORIGINS", "").split(",")]
    for one in given:
        if one and not _ORIGIN.fullmatch(one):
            raise ValueError(f"{one[:100]!r} is no origin; write them as browsers do, like https://app.example.com")
    return tuple(dict.fromkeys(one for one in given if one))


def writing(environment: Mapping[str, str] = os.environ) -> Writing:
    """DOORWARD_CHANGES and DOORWARD_SIGNING_KEY. Raises ValueError naming the fix."""
    changes, key = environment.get("DOORWARD_CHANGES") or CHANGES[0], environment.get("DOORWARD_SIGNING_KEY")
    if changes not in CHANGES:
        raise ValueError(f"{changes!r} is neither {' nor '.join(CHANGES)}")
    return Writing(review=changes == "review", signing_key=Path(key) if key else None)


def usage_webhook(environment: Mapping[str, str] = os.environ) -> UsageWebhook | None:
    """DOORWARD_USAGE_WEBHOOK_URL and DOORWARD_USAGE_WEBHOOK_SECRET_FILE. Raises ValueError naming the fix."""
    url, file = environment.get("DOORWARD_USAGE_WEBHOOK_URL"), environment.get("DOORWARD_USAGE_WEBHOOK_SECRET_FILE")
    if not url and not file:
        return None
    if not url or not file:
        raise ValueError("set both DOORWARD_USAGE_WEBHOOK_URL and DOORWARD_USAGE_WEBHOOK_SECRET_FILE, or neither")
    _check_webhook_url(url)
    try:
        text = Path(file).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"the secret in {file} cannot be read: {error}") from error
    secret = _webhook_secret(text)
    if len(secret) < LEAST_SECRET_BYTES:
        raise ValueError(
            f"the secret in {file} has less than {LEAST_SECRET_BYTES} bytes;"
            ' `echo "whsec_$(openssl rand -base64 32)"` makes one'
        )
    return UsageWebhook(url=url, secret=secret)


def _check_webhook_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or parts.username or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        shown = f" {url[:100]!r}" if "@" not in url else ""  # what stands before an @ is nobody's to read
        raise ValueError(
            f"the URL{shown} is none of a webhook; give one like https://billing.example.com/doorward, without a user"
        )


def _webhook_secret(text: str) -> bytes:
    """As Standard Webhooks writes secrets: `whsec_` and base64; any other text is what it is."""
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise ValueError("a secret that begins with whsec_ must be base64 behind that") from error


def poll_seconds(environment: Mapping[str, str] = os.environ) -> float:
    """DOORWARD_POLL_SECONDS: how often a git source is asked. Raises ValueError naming the fix."""
    given = environment.get("DOORWARD_POLL_SECONDS")
    if not given:
        return DEFAULT_POLL_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not LEAST_POLL_SECONDS <= seconds <= MOST_POLL_SECONDS:  # what is no number, too
        raise ValueError(f"{given!r} is no time to wait; give seconds from {LEAST_POLL_SECONDS} to {MOST_POLL_SECONDS}")
    return seconds
