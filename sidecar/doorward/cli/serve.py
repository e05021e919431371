"""`doorward serve`: the sidecar."""

import logging
import sys
import threading
from pathlib import Path

import click

from doorward.bootstrap import Pacer, build_application, make_authenticator, served_folder
from doorward.cli.terminal import told
from doorward.domain.address import Listen
from doorward.settings import DEFAULT_LISTEN, Settings, policy_folder, state_folder
from doorward.sources import make_policy_repository
from doorward.store import StateLock, read_or_make_admin_key
from doorward.web.server import serve as serve_door

_log = logging.getLogger("doorward.serve")


@click.command()
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="Folder with models/ and policies/.  [default: DOORWARD_POLICY, else STATE/policy, made on first start]",
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="State directory.  [default: DOORWARD_STATE, else .doorward]"
)
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, help="HOST:PORT or unix:PATH.")
@click.option(
    "--public-base-url",
    envvar="DOORWARD_PUBLIC_BASE_URL",
    help="The https URL clients know this sidecar by, for AuthZEN metadata.",
)
@click.option(
    "--insecure-no-auth", is_flag=True, help="Let callers without a key decide and read flags; loopback only."
)
def serve(
    *, policy: Path | None, state: Path | None, listen: str, public_base_url: str | None, insecure_no_auth: bool
) -> None:
    """Serve a policy: answer access questions over HTTP, and follow the folder as it changes."""
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
    chosen = policy or policy_folder(state)
    settings = Settings(
        policy=chosen, state=state, listen=address, public_base_url=public_base_url, no_auth=insecure_no_auth
    )
    with told():
        _serve(settings, made_if_missing=chosen == state / "policy")


def _is_base_url(url: str) -> bool:
    return url.startswith("https://") and len(url) > len("https://") and not set(url) & set("?# \r\n")


def _serve(settings: Settings, *, made_if_missing: bool) -> None:
    lock = StateLock(settings.state)
    try:
        if made_if_missing and not settings.policy.exists():
            make_policy_repository(settings.policy)
            click.echo(f"made a policy repository in {settings.policy}", err=True)
        elif not settings.policy.is_dir():
            _log.warning("the policy folder %s does not exist", settings.policy)
        key = read_or_make_admin_key(settings.state)
        watched, source, last_good = served_folder(settings.policy, settings.state)
        answering = [str(settings.listen)]
        application = build_application(
            source,
            make_authenticator(key, no_auth=settings.no_auth),
            last_good=last_good,
            public_base_url=lambda: (settings.public_base_url or _base_url(answering[0])).rstrip("/"),
            pace=Pacer(),
        )
        application.start()
        stop = threading.Event()
        follower = threading.Thread(target=watched.watch, args=(application.follow, stop), name="policy", daemon=True)
        follower.start()

        def ready(address: str) -> None:
            answering[0] = address
            lock.announce(address)
            shown = address if address.startswith("unix:") else f"http://{address}"
            click.echo(f"doorward answers at {shown} (policy {application.policy.current.revision})")
            sys.stdout.flush()

        serve_door(application.door, settings.listen, ready=ready, draining=application.drain)
        stop.set()
        follower.join(timeout=5)
    finally:
        lock.release()


def _base_url(address: str) -> str:
    """What AuthZEN metadata calls a sidecar that was given no name: the standard wants https."""
    return "https://localhost" if address.startswith("unix:") else f"https://{address}"
