"""A sidecar with flags and some tenants, for OpenFeature's clients."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from doorward_sdk import Doorward
from support.openfeature_cases import policy_files
from support.sidecars import Sidecar, start_sidecar
from support.trees import write_tree


@contextmanager
def flagged_sidecar(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Sidecar]:
    """One that serves the flags of the cases; the tenant initech is recorded, with a plan."""
    policy = write_tree(folder / "policy", policy_files())
    running = start_sidecar(folder / "state", "--policy", str(policy), environment=environment)
    try:
        with Doorward(running.url, running.key, timeout=10) as client:
            client.tenants.create("Initech", "initech.com", "professional", id="initech")
        yield running
    finally:
        running.stop()


def flag_key(running: Sidecar, *scopes: str) -> str:
    """A key of that sidecar which may read flags."""
    with Doorward(running.url, running.key, timeout=10) as client:
        return client.keys.create("flags", scopes or ("flags:read",)).key
