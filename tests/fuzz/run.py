"""Fuzzes the readers one after the other, each for so long: `python tests/fuzz/run.py --seconds 300 [READER ...]`."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
READERS = ("model", "rows", "plans", "flags", "yaml", "condition", "tree")
SECONDS_AN_INPUT, MEGABYTES, BYTES_AN_INPUT = 10, 1024, 4096


def main() -> int:
    """0: nothing was found; 1: an input broke a promise, and lies where the output says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"any of {', '.join(READERS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=300, help="for each reader (default 300)")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "doorward-fuzz", help="where findings go"
    )
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    found = [reader for reader in wanted.readers or READERS if not _fuzz(reader, wanted.seconds, wanted.out)]
    return int(bool(found))


def _fuzz(reader: str, seconds: int, out: Path) -> bool:
    """Whether the reader kept its promises. What is learnt is forgotten; findings belong into the corpus."""
    with tempfile.TemporaryDirectory() as learnt:
        done = subprocess.run(
            [
                sys.executable,
                str(FUZZ / "harness.py"),
                reader,
                f"-max_total_time={seconds}",
                f"-timeout={SECONDS_AN_INPUT}",
                f"-rss_limit_mb={MEGABYTES}",
                f"-max_len={BYTES_AN_INPUT}",
                f"-dict={FUZZ / 'dictionaries' / f'{reader}.dict'}",
                f"-artifact_prefix={out}/{reader}-",
                learnt,
                str(FUZZ / "corpus" / reader),
            ],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    lines = done.stdout.splitlines()
    if done.returncode == 0:
        sys.stdout.write(f"{reader}: nothing found; {lines[-1] if lines else ''}\n")
        return True
    told = [line for line in lines if not line.startswith(("INFO", "WARNING", "#"))]
    repeat = f"{sys.executable} {FUZZ / 'harness.py'} {reader} FILE"
    sys.stdout.write("\n".join((f"{reader}: FOUND something", *told[-60:], f"Repeat: {repeat}")) + "\n")
    sys.stdout.write(f"Then keep the file as {FUZZ.name}/corpus/{reader}/found-NAME, so that it is tried for ever.\n")
    return False


if __name__ == "__main__":
    sys.exit(main())
