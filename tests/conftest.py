"""What all tests share."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "support.needs",
    "support.sidecars",
    "support.git_servers",
    "support.databases",
    "support.recorded_api",
    "support.ledger_lanes",
    "support.record_pairs",
]

REPOSITORY = Path(__file__).resolve().parents[1]
SCALE = float(os.environ.get("DOORWARD_TEST_SCALE", "0.05"))

# Where tests are bounded, what passed passes again: `make prove` looks for new examples, `make check` for new faults.
settings.register_profile(
    "doorward",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize=SCALE < 1,
)
settings.load_profile("doorward")


def pytest_collection_finish() -> None:
    """Let garbage collections pass over the thousands of tests that were found: they stay as long as this process."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def scale() -> float:
    """How much of the long tests to run: 0.05 in `make check`, 1 in `make prove`."""
    return SCALE
