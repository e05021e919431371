"""A process that serves a folder over records in memory: `python recorded_sidecar.py FOLDER` prints its address.

The key is KEY. Whoever asks for the user `slow` waits for SLOW_SECONDS: the store takes so long.
"""

import sys
import time
from pathlib import Path
from typing import Final

from doorward.bootstrap import Application, build_application, make_authenticator
from doorward.bootstrap.policies import StillPolicy
from doorward.domain.address import Listen
from doorward.domain.facts import UserFacts
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus
from doorward.services.facts import Facts
from doorward.web.serving.server import serve
from support.recorded import RecordedFacts, recorded_state

KEY: Final = "dw_recorded"
BASE_URL: Final = "https://pdp.example"
SLOW_SECONDS: Final = 1.5


class SlowForSome(RecordedFacts):
    """Takes its time for one user."""

    def user(self, user_id: str) -> UserFacts | None:
        if user_id == "slow":
            time.sleep(SLOW_SECONDS)
        return super().user(user_id)


def recorded_application(policy: Path) -> Application:
    """The folder, with some users and tenants recorded."""
    source = SlowForSome()
    source.record_tenant("acme", "acme.com")
    source.record_tenant("closed", "closed.com", status=TenantStatus.SUSPENDED)
    source.record_user("alice", "acme")
    source.record_user("slow", "acme")
    source.record_user("gone", "acme", status=UserStatus.DELETED)
    application = build_application(
        StillPolicy(policy),
        make_authenticator(KEY, no_auth=False),
        public_base_url=BASE_URL,
        recorded=recorded_state(Facts(source, time.time)),
    )
    application.start()
    return application


if __name__ == "__main__":
    served = recorded_application(Path(sys.argv[1]))
    listen = Listen(host="127.0.0.1", port=0)
    serve(served.door, listen, ready=lambda address: print(address, flush=True), draining=served.drain)  # noqa: T201
