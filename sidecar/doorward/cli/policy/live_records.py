"""What a sidecar has recorded, for lint: all of it, or an exit code that says why not."""

import contextlib
import os
from pathlib import Path
from typing import Final

from doorward.cli.asking import answers_told
from doorward.cli.connection import connected
from doorward.cli.serving.databases import read_database
from doorward.cli.terminal import Exit, fail
from doorward.domain.errors import PolicyInvalid
from doorward.domain.flag_overrides import FlagOverride, OverrideState
from doorward.domain.plan_use import PlanUse
from doorward.policy.lint import Live, LiveOverride
from doorward.settings import state_folder
from doorward.store.state import read_lock
from doorward_sdk import FlagOverride as SdkOverride
from doorward_sdk import NotFound
from doorward_sdk import PlanUse as SdkPlanUse

_NEEDS: Final = "the scopes flags:write and admin:tenants, bound to no tenant"
_FIX: Final = "name a sidecar with --url, DOORWARD_URL or DOORWARD_STATE, or leave --live out"
_SECOND: Final = 1_000_000


def live_records(url: str | None) -> Live:
    """What the sidecar that commands talk to has recorded. Ends the command where nobody can be asked."""
    with answers_told(_NEEDS), contextlib.ExitStack() as stack:
        _require_records(url)
        try:
            client = stack.enter_context(connected(url))
        except PolicyInvalid as error:  # the one that is served, not the one that is linted
            fail(Exit.UNREACHABLE, f"the policy that is served does not load: {error.problems[0]}", _FIX)
        try:
            return Live(
                overrides=[_live(one) for one in client.flags.overrides()],
                plans=[_use(one) for one in client.tenants.plans()],
            )
        except NotFound:
            fail(Exit.UNREACHABLE, "what answers there does not tell overrides of flags and plans of tenants", _FIX)


def _require_records(url: str | None) -> None:
    """Fail where nobody would answer but a database that were made for it: it would know of nothing."""
    state = state_folder()
    if url or os.environ.get("DOORWARD_URL") or read_lock(state) is not None:
        return
    database = read_database(state, None)
    if database.is_sqlite and not Path(database.place).exists():
        fail(Exit.UNREACHABLE, f"no sidecar runs on {state}, and nothing is recorded there", _FIX)


def _live(one: SdkOverride) -> LiveOverride:
    override = FlagOverride(
        flag=one.flag,
        tenant=one.tenant,
        value=one.value,
        reason=one.reason,
        expires_at=0 if one.expires_at is None else int(one.expires_at.timestamp() * _SECOND),
        created_at=int(one.created_at.timestamp() * _SECOND),
        updated_at=int(one.updated_at.timestamp() * _SECOND),
        created_by=one.created_by,
        version=one.version,
    )
    return LiveOverride(override=override, counts=one.state == OverrideState.ACTIVE)


def _use(one: SdkPlanUse) -> PlanUse:
    return PlanUse(plan=one.plan, tenants=one.tenants, pending=one.pending, is_declared=one.declared)
