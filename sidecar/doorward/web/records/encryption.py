"""The encryption of what is recorded, over HTTP."""

from functools import partial

from doorward.domain.callers import Caller
from doorward.services.rotation import Rotated, RotationService
from doorward.web.http import Request, Response, json_response
from doorward.web.pages import read_query
from doorward.web.recorded import actor_of, change, read_after
from doorward.web.records.key_wire import EncryptionRotation, EncryptionState, UnopenedValue
from doorward.web.times import time_of


class EncryptionEndpoints:
    """/v1/encryption and /v1/encryption/rotate."""

    def __init__(self, rotation: RotationService) -> None:
        self._rotation = rotation

    def show(self, request: Request, caller: Caller) -> Response:
        """Which key seals now."""
        read_query(request, ())
        state = self._rotation.status(actor_of(request, caller))
        answer = EncryptionState(
            key_id=state.key_id,
            created_at=time_of(state.created_at),
            keys=state.keys,
            sealed_with_others=state.sealed_with_others,
        )
        return json_response(200, answer)

    def rotate(self, request: Request, caller: Caller) -> Response:
        """Seal some values anew."""
        after, _ = read_after(request)
        work = partial(self._rotation.rotate, after=after)
        return change("encryption_rotate", request, caller, work, _rotated)


def _rotated(rotated: Rotated) -> Response:
    answer = EncryptionRotation(
        key_id=rotated.key_id,
        resealed=rotated.resealed,
        remaining=rotated.remaining,
        unopened=[UnopenedValue(user_id=one.user, value=one.value, detail=one.detail) for one in rotated.unopened],
        next=rotated.last if rotated.remaining else None,
    )
    return json_response(200, answer)
