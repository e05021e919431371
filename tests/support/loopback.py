"""Loopback addresses of this process alone: a port that was free there stays free until it is taken again.

Ports of 127.0.0.1 are given to whatever connects or listens on this machine, between the end of a server and its return too.
"""

import os


def own_host() -> str:
    """An address of 127.0.0.0/8 that no other process of the tests listens at, and none connects from."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 64}.{pid >> 8 & 255}.{pid & 255}"
