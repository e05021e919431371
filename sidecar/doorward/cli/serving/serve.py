"""`doorward serve`: the sidecar."""

import logging
import sys
import threading
from pathlib import Path

import click

from doorward.bootstrap import (
    Followed,
    Pacer,
    build_application,
    followed_folder,
    followed_repository,
    make_authenticator,
    open_recorded,
)
from doorward.cli.serving.configured import configured, tell_configured
from doorward.cli.serving.databases import read_database
from doorward.cli.serving.places import served_place
from doorward.cli.serving.trust import ALLOWED_VARIABLE, REVOKED_VARIABLE, read_trust
from doorward.cli.terminal import told
from doorward.configuration import Configuration
from doorward.domain.address import Listen
from doorward.domain.git_address import GitAddress
from doorward.settings import (
    CHANGES,
    DEFAULT_LISTEN,
    Settings,
    UsageWebhook,
    Writing,
    cors_origins,
    facts_users,
    poll_seconds,
    state_folder,
    usage_webhook,
)
from doorward.sources import make_policy_repository
from doorward.sources.git.signatures import signing_key_fault
from doorward.sources.git.source import Trust
from doorward.store.state import StateLock
from doorward.web.policy.webhook import Webhook
from doorward.web.serving.server import serve as serve_door
from doorward.web.usage.threshold_webhook import ThresholdWebhook

_log = logging.getLogger("doorward.serve")
_SHORTEST_SECRET_BYTES = 16
_LONGEST_SECRET_BYTES = 1_024


@click.command()
@click.option(
    "--policy",
    metavar="TREE|GIT_URL[#REF[:FOLDER]]",
    help="A folder with models/ and policies/, or a git repository to follow (https, ssh, file; the default branch "
    "where no ref is named).  [default: DOORWARD_POLICY, else STATE/policy, made on first start]",
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="State directory.  [default: DOORWARD_STATE, else .doorward]"
)
@click.option(
    "--database",
    metavar="sqlite:PATH|postgresql://...",
    help="Where tenants, users and the like are recorded.  [default: DOORWARD_DATABASE, else STATE/doorward.db]",
)
@click.option(
    "--master-key-file",
    type=click.Path(path_type=Path),
    envvar="DOORWARD_MASTER_KEY_FILE",
    help="The key that what is recorded is encrypted under.  [default: STATE/master.key, made on first start; must be "
    "given for PostgreSQL]",
)
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, help="HOST:PORT or unix:PATH.")
@click.option(
    "--public-base-url",
    envvar="DOORWARD_PUBLIC_BASE_URL",
    help="The https URL clients know this sidecar by, for AuthZEN metadata.",
)
@click.option(
    "--changes",
    type=click.Choice(CHANGES),
    default="direct",
    show_default=True,
    envvar="DOORWARD_CHANGES",
    help="What becomes of a change through the API: a commit that is served, or a branch to be merged.",
)
@click.option(
    "--signing-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="DOORWARD_SIGNING_KEY",
    help="Private SSH key that signs commits of the API.",
)
@click.option(
    "--insecure-no-auth", is_flag=True, help="Let callers without a key decide and read flags; loopback only."
)
@click.option(
    "--require-signed",
    type=click.Path(path_type=Path),
    envvar=ALLOWED_VARIABLE,
    metavar="ALLOWED_SIGNERS",
    help="Serve only commits that a key in this file has signed (ssh, the form of `allowed_signers`).",
)
@click.option(
    "--revoked-signers",
    type=click.Path(path_type=Path),
    envvar=REVOKED_VARIABLE,
    metavar="FILE",
    help="Keys that count no more: public keys, or a KRL.",
)
@click.option(
    "--allow-rollback",
    metavar="REV",
    help="Let the branch go back to this commit, though it does not descend from the one accepted last.",
)
@click.option(
    "--webhook-secret-file",
    type=click.Path(path_type=Path),
    envvar="DOORWARD_WEBHOOK_SECRET_FILE",
    metavar="FILE",
    help="The secret of POST /v1/policy/webhook, the same as at the git host.",
)
def serve(  # noqa: PLR0913 - its options
    *,
    policy: str | None,
    state: Path | None,
    database: str | None,
    master_key_file: Path | None,
    listen: str,
    public_base_url: str | None,
    insecure_no_auth: bool,
    changes: str,
    signing_key: Path | None,
    require_signed: Path | None,
    revoked_signers: Path | None,
    allow_rollback: str | None,
    webhook_secret_file: Path | None,
) -> None:
    """Serve a policy: answer access questions over HTTP, and follow the folder or repository as it changes."""
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    state = state or state_folder()
    try:
        address = Listen.parse(listen)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--listen") from error
    if insecure_no_auth and not address.is_loopback:
        raise click.BadParameter("only with a loopback address or a Unix socket", param_hint="--insecure-no-auth")
    if public_base_url is not None and not _is_base_url(public_base_url):
        raise click.BadParameter("must be an https URL without query or fragment", param_hint="--public-base-url")
    if address.unix_path is not None:  # hosts in other folders find it by what STATE/lock says
        address = Listen(unix_path=str(Path(address.unix_path).absolute()))
    chosen = served_place(policy, else_folder=state / "policy")
    settings = Settings(
        policy=chosen,
        state=state,
        listen=address,
        database=read_database(state, database),
        master_key_file=master_key_file,
        facts_users=_facts_users(),
        public_base_url=public_base_url,
        no_auth=insecure_no_auth,
        poll_seconds=_poll_seconds(),
        webhook_secret=_secret(webhook_secret_file, chosen),
        writing=Writing(review=changes == "review", signing_key=signing_key),
        cors_origins=_cors_origins(),
        usage_webhook=_usage_webhook(),
    )
    if signing_key is not None and (fault := signing_key_fault(signing_key)) is not None:
        raise click.BadParameter(fault, param_hint="--signing-key")
    trust = read_trust(chosen, state, require_signed, revoked_signers, allow_rollback)
    configuration = configured()
    tell_configured(configuration)
    with told():
        _serve(settings, trust, configuration)


def _is_base_url(url: str) -> bool:
    return url.startswith("https://") and len(url) > len("https://") and not set(url) & set("?# \r\n")


def _poll_seconds() -> float:
    try:
        return poll_seconds()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DOORWARD_POLL_SECONDS") from error


def _cors_origins() -> tuple[str, ...]:
    try:
        return cors_origins()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DOORWARD_CORS_ORIGINS") from error


def _usage_webhook() -> UsageWebhook | None:
    try:
        return usage_webhook()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DOORWARD_USAGE_WEBHOOK_URL") from error


def _facts_users() -> int:
    try:
        return facts_users()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DOORWARD_FACTS_USERS") from error


def _secret(file: Path | None, policy: Path | GitAddress) -> bytes | None:
    if file is None:
        return None
    option = "--webhook-secret-file"
    if isinstance(policy, Path):
        raise click.BadParameter(
            "a folder is watched, nobody has to say so; give --policy a git URL", param_hint=option
        )
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint=option) from error
    if not _SHORTEST_SECRET_BYTES <= len(secret) <= _LONGEST_SECRET_BYTES:
        message = (
            f"{file} must hold {_SHORTEST_SECRET_BYTES} to {_LONGEST_SECRET_BYTES} bytes; try `openssl rand -hex 32`"
        )
        raise click.BadParameter(message, param_hint=option)
    return secret


def _followed(settings: Settings, trust: Trust) -> Followed:
    place = settings.policy
    if isinstance(place, GitAddress):
        return followed_repository(place, settings.state, trust, settings.poll_seconds, settings.writing)
    if place == settings.state / "policy" and not place.exists():
        make_policy_repository(place)
        click.echo(f"made a policy repository in {place}", err=True)
    elif not place.is_dir():
        _log.warning("the policy folder %s does not exist", place)
    return followed_folder(place, settings.state, settings.writing)


def _serve(settings: Settings, trust: Trust, configuration: Configuration) -> None:
    lock = StateLock(settings.state)
    try:
        followed = _followed(settings, trust)
        hook = settings.usage_webhook
        recorded = open_recorded(
            settings.database,
            settings.state,
            settings.master_key_file,
            settings.facts_users,
            None if hook is None else ThresholdWebhook(hook.url, hook.secret),
            usage_days=configuration.usage_days,
        )
        answering = [str(settings.listen)]
        secret = settings.webhook_secret
        application = build_application(
            followed.source,
            make_authenticator(None, no_auth=settings.no_auth),
            recorded=recorded,
            last_good=followed.last_good,
            repository=followed.repository,
            public_base_url=lambda: (settings.public_base_url or _base_url(answering[0])).rstrip("/"),
            pace=Pacer(),
            cors_origins=settings.cors_origins,
            configuration=configuration,
            webhook=None if secret is None else Webhook(secret=secret, wake=followed.wake),
        )
        application.start()
        stop = threading.Event()
        followers = [
            threading.Thread(target=followed.watch, args=(application.follow, stop), name="policy", daemon=True),
            threading.Thread(target=recorded.follow, args=(stop,), name="facts", daemon=True),
            threading.Thread(target=application.undeclared_plans.follow, args=(stop,), name="plans", daemon=True),
        ]
        for one in followers:
            one.start()

        def ready(address: str) -> None:
            answering[0] = address
            lock.announce(address)
            shown = address if address.startswith("unix:") else f"http://{address}"
            click.echo(f"doorward answers at {shown} (policy {application.policy.current.revision})")
            sys.stdout.flush()

        serve_door(application.door, settings.listen, ready=ready, draining=application.drain)
        stop.set()
        followed.wake()
        followed.end()
        for one in followers:
            one.join(timeout=5)
        application.close()
    finally:
        lock.release()


def _base_url(address: str) -> str:
    """What AuthZEN metadata calls a sidecar that was given no name: the standard wants https."""
    return "https://localhost" if address.startswith("unix:") else f"https://{address}"
