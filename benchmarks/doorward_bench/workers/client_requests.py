"""The same requests by the library requests, the answer decoded from JSON."""

from __future__ import annotations

import requests

from doorward_bench.workers.loop import arguments, serve_calls


def main() -> None:
    """One session, one POST a call."""
    wanted = arguments()
    bodies = [body.encode() for body in wanted["bodies"]]
    session = requests.Session()
    session.headers.update(wanted["headers"])
    session.trust_env = False
    url = wanted["url"] + wanted["path"]

    def call(number: int) -> bool:
        decision: bool = session.post(url, data=bodies[number % len(bodies)], timeout=10).json()["decision"]
        return decision

    serve_calls(call)


if __name__ == "__main__":
    main()
