"""Checks by the SDK."""

from __future__ import annotations

from doorward_bench.questions import Asked
from doorward_bench.workers.loop import arguments, serve_calls
from doorward_sdk import Doorward


def main() -> None:
    """One client, one check a call."""
    wanted = arguments()
    asked = [Asked(*one) for one in wanted["questions"]]
    client = Doorward(wanted["url"], wanted["key"], timeout=10)

    def call(number: int) -> bool:
        subject, role, action, kind, resource = asked[number % len(asked)]
        answer = client.check(f"user:{subject}", action, f"{kind}:{resource}", roles=(role,))
        if answer.error is not None:
            raise RuntimeError(f"the sidecar answers {answer.error}")
        return answer.allowed

    serve_calls(call, answers=[call(number) for number in range(wanted["agree"])])


if __name__ == "__main__":
    main()
