from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).with_name("sdk_types_sample.py")


def test_a_type_checker_sees_through_guards_and_answers(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy runs on newer versions of Python only")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--config-file", "", str(SAMPLE)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
