"""From bodies, as OFREP has them, to questions; what is known of a context holds for other users, too."""

import re
from typing import Any, Final

from doorward.domain.callers import Caller
from doorward.domain.errors import InvalidContext
from doorward.services.facts import Facts, FactsView
from doorward.services.flag_questions import TARGETING_KEY, Asked, FlagQuestion, OfAnother
from doorward.services.flags import FlagService
from doorward.services.ports import Clock, PolicySnapshot
from doorward.web.fast_json import decode_plain_object
from doorward.web.http import Request
from doorward.web.kept import LONGEST_QUESTION, Kept, Seen
from doorward.web.strict_json import decode_object

MOST_BYTES: Final = 8 << 20
_BYTES_A_BYTE: Final = 20
"""What a byte of a body takes once it is a question, at most, about."""
_KEY: Final = re.compile(rb'"targetingKey": ?"([^"\\\x00-\x1f]+)"')
_PARTS: Final = 3
_SOMEBODY: Final = b"somebody-else"
Frame = tuple[str | None, bytes, bytes]
"""The tenant that the caller is bound to, and a body without the targeting key: what is before and what is after."""


class FlagBodies:
    """The questions that bodies ask.

    Bodies that are equal but for the targeting key are read once: from the second one on, the key is put into the
    question that is known, unless it is that of somebody recorded or declared. So no JSON is read twice.
    """

    def __init__(self, flags: FlagService, facts: Facts, clock: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._flags = flags
        self._facts = facts
        self._clock = clock
        self._seen = Seen()
        self._kept: Kept[Frame, FlagQuestion] = Kept(most_bytes)

    def question(self, request: Request, caller: Caller, policy: PolicySnapshot, facts: int) -> Asked:
        """What a request asks; `facts` is what `Facts.applied` was before.

        Raises:
            BadRequest: it is no JSON object.
            InvalidContext, NotPermitted, FactsMissing, StoreUnavailable: as FlagService.question.
        """
        view = self._facts.reading if request.may_block else self._facts.memory
        body = request.body
        parts = _KEY.split(body, 1) if len(body) <= LONGEST_QUESTION else ()
        if len(parts) != _PARTS:
            return self._read(request, caller, policy, view)
        before, key, after = parts
        frame = (caller.tenant, before, after)
        now = self._clock()
        known = self._kept.find(frame, policy, facts, now)
        if known is not None:
            return self._of_another(known, key, now, view) or self._read(request, caller, policy, view)
        question = self._read(request, caller, policy, view)
        if question.suits_others and self._seen.again(frame) and _is_open(body, before, key, after):
            self._kept.keep(frame, policy, facts, question, _BYTES_A_BYTE * len(body))
        return question

    def _of_another(self, known: FlagQuestion, key: bytes, now: float, view: FactsView) -> OfAnother | None:
        try:
            user = key.decode()
        except UnicodeDecodeError:
            return None
        return self._flags.of_another(known, user, now, view)

    def _read(self, request: Request, caller: Caller, policy: PolicySnapshot, view: FactsView) -> FlagQuestion:
        body = decode_plain_object(request.body)
        context: Any = (decode_object(request.body) if body is None else body).get("context")
        if context is None:
            context = {}
        if not isinstance(context, dict):
            raise InvalidContext("context must be an object")
        return self._flags.question(context, caller, policy, request.address, view)


def _is_open(body: bytes, before: bytes, key: bytes, after: bytes) -> bool:
    """Whether any text without escapes in the place of the key is the targeting key, and nothing else."""
    other = b'%b"targetingKey":"%b"%b' % (before, _SOMEBODY, after)
    read, changed = decode_plain_object(body), decode_plain_object(other)
    if read is None or changed is None or key == _SOMEBODY:
        return False
    return bool(changed == {**read, "context": {**read["context"], TARGETING_KEY: _SOMEBODY.decode()}})
