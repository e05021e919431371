"""Child processes: started, measured from /proc, and stopped by their own id."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import subprocess
from pathlib import Path

_PROC = Path("/proc")
_STOP_SECONDS = 10


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for one in found:
        for task in _listed(_PROC / str(one) / "task"):
            found += [int(child) for child in _read(task / "children").split()]
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time that the process tree has used, from every thread's schedstat (nanoseconds)."""
    total = 0
    for one in tree(pid):
        for task in _listed(_PROC / str(one) / "task"):
            total += int((_read(task / "schedstat").split() or ["0"])[0])
    return total / 1e9


def pss_bytes(pid: int) -> int:
    """Proportional set size of the process tree: shared pages count once, in parts."""
    total = 0
    for one in tree(pid):
        for line in _read(_PROC / str(one) / "smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def rss_bytes(pid: int | None = None) -> int:
    """Resident bytes of one process, by default this one."""
    pages = int(_read(_PROC / str(pid or os.getpid()) / "statm").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def kept_bytes() -> int:
    """Resident bytes of this process once the C library has given back what was freed, where it can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return rss_bytes()


def stop(process: subprocess.Popen[str]) -> None:
    """Ask the process to end, and end it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process or thread has just ended
        return ""
