"""A signal stops the process, at whatever moment it comes."""

import subprocess
import sys

STORM = """
import os, random, signal, time
from doorward.web.serving.stopping import StopSignals

TIMES = 3_000
ready, go = os.pipe()
waiting = os.getpid()
if os.fork() == 0:
    os.close(go)
    while os.read(ready, 1) == b"1":
        until = time.perf_counter() + random.random() / 5_000
        while time.perf_counter() < until:
            pass
        os.kill(waiting, signal.SIGTERM)
    os._exit(0)
for _ in range(TIMES):
    asked = StopSignals()
    os.write(go, b"1")
    while not asked.wait(1e-7):
        pass
os.write(go, b"0")
print("stopped each time")
"""


def test_a_signal_is_never_lost_nor_waited_for_without_end() -> None:
    ran = subprocess.run([sys.executable, "-c", STORM], check=False, capture_output=True, text=True, timeout=120)
    assert ran.stdout == "stopped each time\n", ran.stderr
