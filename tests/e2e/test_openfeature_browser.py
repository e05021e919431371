"""A page of another origin asks a live sidecar, in a real browser: CORS lets those through that are allowed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from doorward_sdk import Doorward
from support.openfeature_browser import Site, site, visited
from support.openfeature_cases import CASES, Case
from support.openfeature_node import need_clients
from support.openfeature_sidecar import flag_key, flagged_sidecar
from support.sidecars import Sidecar

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def page() -> Iterator[Site]:
    need_clients()
    with site() as made:
        yield made


@contextmanager
def asking(  # noqa: PLR0913, PLR0917 - what a page is told
    page: Site, running: Sidecar, mode: str, cases: Any, folder: Path, key: str | None = None
) -> Iterator[None]:
    """A browser on the page, which asks for the cases."""
    page.asked = {
        "mode": mode,
        "baseUrl": running.url,
        "headers": [["Authorization", f"Bearer {key or flag_key(running)}"]],
        "cases": [asdict(one) for one in cases],
    }
    with visited(f"{page.origin}/page.html", folder / "profile"):
        yield


def test_a_page_of_an_allowed_origin_gets_every_flag(page: Site, tmp_path: Path) -> None:
    allowed = {"DOORWARD_CORS_ORIGINS": f"https://app.example,{page.origin}"}
    with flagged_sidecar(tmp_path, allowed) as running, asking(page, running, "all", CASES, tmp_path):
        told = page.told()
    assert {case.name: answer for case, answer in zip(CASES, told, strict=True)} == {
        case.name: {"value": case.value, "variant": case.variant, "reason": case.reason, "error": case.error}
        for case in CASES
    }


def test_a_page_that_polls_gets_304_until_something_changes(page: Site, tmp_path: Path) -> None:
    case = Case("own", "engine", "string", "x", "v1", context={"tenant": "initech"})
    with (
        flagged_sidecar(tmp_path, {"DOORWARD_CORS_ORIGINS": page.origin}) as running,
        Doorward(running.url, running.key, timeout=5) as client,
        asking(page, running, "poll", [case], tmp_path),
    ):
        assert page.told() == "ready"
        client.flags.set_override("engine", "initech", "own")
        told = page.told()
    assert told["statuses"].count(304) >= 2
    assert told["statuses"].count(200) == 2
    assert (told["before"]["value"], told["after"]["value"], told["flagsChanged"]) == ("v1", "own", ["engine"])


@pytest.mark.parametrize("origins", ["", "https://app.example"], ids=["none is allowed", "another is allowed"])
def test_a_page_of_another_origin_gets_nothing(origins: str, page: Site, tmp_path: Path) -> None:
    environment = {"DOORWARD_CORS_ORIGINS": origins} if origins else {}
    with flagged_sidecar(tmp_path, environment) as running, asking(page, running, "vain", CASES, tmp_path):
        told = page.told()
    assert (told["status"], told["failure"]) == ("ERROR", "The OFREP request failed.")  # the browser kept the answer
    assert told["answer"]["value"] == CASES[0].default


def test_a_page_of_an_allowed_origin_is_told_that_its_key_is_wrong(page: Site, tmp_path: Path) -> None:
    with (
        flagged_sidecar(tmp_path, {"DOORWARD_CORS_ORIGINS": page.origin}) as running,
        asking(page, running, "vain", CASES, tmp_path, key="dw_no-such-key"),
    ):
        told = page.told()
    assert told["status"] == "FATAL"  # what the SDK makes of a 401; of an answer that it may not read, an error
    assert told["answer"]["value"] == CASES[0].default
