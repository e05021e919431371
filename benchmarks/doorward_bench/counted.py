"""A policy whose plan has room for whatever is counted, and tenants of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.asking import call

if TYPE_CHECKING:
    from pathlib import Path

    from doorward_bench.wrk import Server

CONSUME, CHECK = "/v1/limits/consume", "/v1/limits/check"
TENANTS = 100
_MUCH = 10**15


def roomy_tree(folder: Path) -> Path:
    """The policy that Doorward starts with, but the hourly API calls of its first plan are many."""
    tree = policies.copy_default_tree(folder)
    plans = tree / "policies/plans.csv"
    rows = plans.read_text().splitlines(keepends=True)
    plans.write_text("".join(f"p, basic, api_calls, hour, {_MUCH}\n" if _is_calls(row) else row for row in rows))
    return tree


def _is_calls(row: str) -> bool:
    return [part.strip() for part in row.split(",")][:3] == ["p", "basic", "api_calls"]


def record_tenants(server: Server) -> None:
    """Record the tenants that are counted for."""
    items = [{"id": _tenant(number), "name": "Bench", "domain": f"bench-{number}.example"} for number in range(TENANTS)]
    results = call(server, "POST", "/v1/tenants/import", {"items": items})["results"]
    refused = [one for one in results if one["status"] != "created"]
    if refused:
        raise RuntimeError(f"a tenant was not recorded: {refused[0]}")


def bodies() -> list[str]:
    """What takes or asks for one more call, of each tenant."""
    return [json.dumps({"tenant": _tenant(number), "limit": "api_calls"}) for number in range(TENANTS)]


def batches(many: int, size: int) -> list[str]:
    """Batches of new usage events; the id of each is its own where `@` stands for a number of the request's."""
    return [
        json.dumps(
            [
                {
                    "specversion": "1.0",
                    "id": f"@-{number}",
                    "source": "bench",
                    "type": "api_calls",
                    "subject": _tenant((batch + number) % TENANTS),
                    "data": {"value": 1},
                }
                for number in range(size)
            ]
        )
        for batch in range(many)
    ]


def _tenant(number: int) -> str:
    return f"bench-{number}"
