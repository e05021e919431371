from __future__ import annotations

import os
import subprocess
import sys

import pytest

from integration.sdk.sdk_servers import Peer, answer, tcp_server

# In a process of its own: forking the test's, which runs threads, is what Python warns of.
PROGRAM = """
import os, sys
from doorward_sdk import Doorward

client = Doorward(sys.argv[1], timeout=20)

def ask(who):
    return all(client.check("user:" + who, "read", f"{who}:{n}") for n in range(200))

assert ask("before")
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        os._exit(0 if ask(f"child{number}") else 1)
    children.append(child)
assert ask("parent")
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
assert ask("after")
client.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_parent_and_children_of_a_fork_get_their_own_answers() -> None:
    def says_whether_it_is_theirs(peer: Peer) -> None:
        asking = None
        while (request := peer.read()) is not None:
            resource = request.json["resource"]["type"]
            asking = asking or resource
            # A connection belongs to one process; the parent's serves before and after, too.
            of_parent = {"before", "parent", "after"}
            same = resource == asking or {resource, asking} <= of_parent
            peer.write(answer({"decision": same and request.json["subject"]["id"] == resource}))

    with tcp_server(says_whether_it_is_theirs) as server:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, server.url], capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert server.connections == 5
