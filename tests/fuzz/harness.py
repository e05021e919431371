"""One reader under atheris: `python tests/fuzz/harness.py READER [libFuzzer's options and corpora]`."""

import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parents[1]


def main() -> None:
    """Fuzz until libFuzzer is told to stop; an input that breaks a promise ends the process."""
    sys.path.insert(0, str(TESTS))
    reader = sys.argv.pop(1)
    with atheris.instrument_imports(include=["doorward"]):
        from fuzz.readers import READERS  # noqa: PLC0415 - its imports are what atheris instruments
    atheris.Setup(sys.argv, READERS[reader])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
