"""The AuthZEN certification scenario against a running sidecar: third-party cases and our own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.authzen import TREE, load_cases, run_case
from support.sidecars import Sidecar, start_sidecar
from support.trees import ROOT, write_tree

VECTORS = ROOT.parent / "shared" / "vectors" / "authzen-certification.json"
OWN = ROOT / "tests" / "cases" / "access.json"
ENDPOINTS = {"/access/v1/evaluation", "/access/v1/evaluations"}


def cases() -> list[Any]:
    """Every evaluation and evaluations case that is at hand."""
    found = load_cases(OWN)
    if VECTORS.exists():
        found += load_cases(VECTORS)
    return [pytest.param(case, id=case["name"]) for case in found if case["endpoint"] in ENDPOINTS]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """A sidecar that serves the certification's fixture."""
    folder: Path = tmp_path_factory.mktemp("authzen")
    policy = write_tree(folder / "policy", TREE)
    sidecar = start_sidecar(folder / "state", "--policy", str(policy))
    yield sidecar
    assert sidecar.stop() == 0


@pytest.mark.xdist_group("authzen")
@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any], certified: Sidecar) -> None:
    run_case(case, certified)
