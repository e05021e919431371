"""Flags over the wire: one, and a hundred at once, against a bare WSGI application that says the same."""

from __future__ import annotations

import http.client
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bare import BareServer
from doorward_bench.bench import Bench, Row
from doorward_bench.rounds import Measure, at_least, compare, rate
from doorward_bench.server import DoorwardServer
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    from doorward_bench.result import Figure

_ALL = "/ofrep/v1/evaluate/flags"
_FLAGS = 100
_CONTEXTS = 2_000
_NEW_CONTEXTS = 40_000
"""So many that an answer in memory is one in twenty."""
_COUNTRIES = ("DE", "FR", "GB", "US")
_STATIC = "flag-{n}: {{type: boolean, default: on}}\n"
_TARGETED = """\
flag-{n}:
  type: string
  variants: {{old: old {n}, new: new {n}}}
  default: old
  rules: [{{when: r.ctx.context.country == 'DE', serve: new}}]
"""
_SPLIT = "flag-{n}: {{type: boolean, default: off, rules: [{{split: {{on: 30, off: 70}}, by: user}}]}}\n"
_KINDS = (*(_STATIC,) * 6, *(_TARGETED,) * 3, _SPLIT)
_ONE = _KINDS.index(_TARGETED)


def run(bench: Bench) -> list[Figure]:
    """One flag by a condition, then all of them; each against as many bytes of a bare application."""
    tree = policies.write_tree(bench.folder / "flags", policies.DEFAULT_MODEL, policies.DEFAULT_RULES)
    flags = "".join(_KINDS[number % len(_KINDS)].format(n=number) for number in range(_FLAGS))
    (tree / "policies/flags.yaml").write_text(flags)
    roll = policies.dice()
    contexts = [
        {"targetingKey": f"user-{roll.randrange(10**6)}", "country": _COUNTRIES[roll.randrange(len(_COUNTRIES))]}
        for _ in range(_NEW_CONTEXTS)
    ]
    new = [json.dumps({"context": one}) for one in contexts]
    again = new[:_CONTEXTS]
    unlike = [json.dumps({"context": {**one, "session": "@"}}) for one in contexts[:_CONTEXTS]]
    figures: list[Figure] = []
    goal = at_least(0.6)
    cases = (
        ("one flag", f"{_ALL}/flag-{_ONE}", again, goal),
        (f"{_FLAGS} flags, contexts asked before", _ALL, again, goal),
        (f"{_FLAGS} flags, new contexts", _ALL, new, goal),
        (f"{_FLAGS} flags, contexts that share nothing", _ALL, unlike, None),
    )
    for number, (case, path, bodies, aim) in enumerate(cases):
        folder = bench.folder / f"case-{number}"
        folder.mkdir()
        with ExitStack() as stack:
            ours = stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, folder / "state"))
            answer = _answer(ours, path, bodies[0])
            bare = stack.enter_context(BareServer(bench.peers.doorward_python, answer, folder, ours.headers))
            sides = {
                "doorward": WrkSide(bench.peers.wrk, ours, path, bodies, 16, folder),
                "bare WSGI": WrkSide(bench.peers.wrk, bare, path, bodies, 16, folder),
            }
            figures += compare(bench, sides, [Measure(case=case, unit="/s", of=rate, goal=aim)])
    return figures


def _answer(server: DoorwardServer, path: str, body: str) -> bytes:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("POST", path, body, server.headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"{server.url}{path} answers {response.status}: {content[:300]!r}")
    return content


ROW = Row(
    name="ofrep",
    title=f"`POST {_ALL}`, one flag and {_FLAGS}, 16 connections",
    goals="answers a second >= 0.6 x those of a bare WSGI application on the same server",
    run=run,
    notes=(
        "Random users of four countries. Of ten flags six never change, three ask for the country, one is split.",
        "The bare application reads the body and answers as many bytes: Granian, one worker, one thread.",
        "Contexts asked before are 2,000, as of clients that poll: answers come from memory.",
        "Of new contexts, 40,000, one answer in twenty does. They differ in the user, and in one of four countries:",
        "what is around the user is read once. Those that share nothing have a session of their own in each request.",
    ),
)
