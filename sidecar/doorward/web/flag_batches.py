"""The answer to all flags, made of pieces that are written once for all contexts that conditions see alike."""

import hashlib
from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from doorward.domain.bucketing import Begun, begun, places_of
from doorward.domain.flag_outlines import FlagCase, FlagOutline
from doorward.domain.flags import FlagAnswer
from doorward.services.flags import FlagQuestion
from doorward.services.ports import PolicySnapshot
from doorward.web.metrics import CountedFlags, FlagKind, FlagKinds
from doorward.web.repeated import AllFlags

MOST_BYTES: Final = 16 << 20
_TAG_BYTES: Final = 16
_BYTES_A_FLAG: Final = 300
"""What a flag takes in a batch beside its pieces, about."""
Write = Callable[[FlagAnswer], bytes]
"""The answer of a flag as JSON."""


def kind_of(answer: FlagAnswer) -> FlagKind:
    """What an answer is counted by."""
    return answer.key, answer.variant or "", answer.reason


def tag_of(*parts: bytes) -> str:
    """An ETag that is another one where a part is."""
    return f'"{hashlib.blake2b(b"".join(parts), digest_size=_TAG_BYTES).hexdigest()}"'


class _Splits(NamedTuple):
    """The splits that are by one of a case's keys: what is hashed, and by the same order which texts go where."""

    by: int
    hashed: Sequence[tuple[Begun, Sequence[bytes]]]
    gaps: Sequence[tuple[int, Sequence[bytes]]]


class Batch:
    """All flags in one kind of case: what is always the same as bytes, with gaps for those that a split decides."""

    __slots__ = ("_kinds", "_late", "_late_gaps", "_overrides", "_parts", "_seed", "_splits", "_write", "size")

    def __init__(self, outline: FlagOutline, question: FlagQuestion, write: Write) -> None:
        self._write = write
        self._overrides = question.overrides  # cases tell them apart by identity, so they must live as long
        settled = [None if one is None else write(one) for one in outline.answers]
        self._parts, gaps = _with_gaps(settled)
        self._late = [key for _, key in outline.late]
        self._late_gaps = [gaps[place] for place, _ in outline.late]
        pieces = [[write(one) for one in split.answers] for split in outline.splits]
        self._splits: list[_Splits] = []
        choices: list[Sequence[FlagKind]] = []
        for by in sorted({split.by for split in outline.splits}):
            mine = [(one, texts) for one, texts in zip(outline.splits, pieces, strict=True) if one.by == by]
            hashed = [(begun(one.prefix), one.bounds) for one, _ in mine]
            self._splits.append(_Splits(by, hashed, [(gaps[one.place], texts) for one, texts in mine]))
            choices += [[kind_of(answer) for answer in one.answers] for one, _ in mine]
        self._kinds = FlagKinds([kind_of(one) for one in outline.answers if one is not None], choices)
        written = [*self._parts, *(text for texts in pieces for text in texts)]
        self._seed = hashlib.blake2b(b"\0".join(written), digest_size=_TAG_BYTES).digest()
        self.size = sum(map(len, written)) + _BYTES_A_FLAG * len(outline.answers)

    def answer(self, keys: Sequence[bytes | None], question: FlagQuestion) -> AllFlags:
        """The answer to a question of this kind; `keys` are those of its case."""
        parts = self._parts.copy()
        chosen: list[int] = []
        for by, hashed, gaps in self._splits:
            places = places_of(hashed, keys[by] or b"")
            chosen += places
            for (gap, texts), place in zip(gaps, places, strict=True):
                parts[gap] = texts[place]
        more: Sequence[FlagAnswer] = question.evaluate_some(self._late) if self._late else ()
        late = [self._write(one) for one in more]
        for gap, text in zip(self._late_gaps, late, strict=True):
            parts[gap] = text
        tag = tag_of(self._seed, array("I", chosen).tobytes(), *late)
        counted = CountedFlags(self._kinds, chosen, [kind_of(one) for one in more] if more else ())
        return AllFlags(b"".join(parts), tag, counted, question.now, question.until)


def _with_gaps(settled: Iterable[bytes | None]) -> tuple[list[bytes], dict[int, int]]:
    """The body in parts, empty where a flag is not settled, and where the gaps are, by the flag's place."""
    parts: list[bytes] = []
    gaps: dict[int, int] = {}
    before = bytearray(b'{"flags":[')
    for place, text in enumerate(settled):
        if place:
            before += b","
        if text is not None:
            before += text
            continue
        gaps[place] = len(parts) + 1
        parts += [bytes(before), b""]
        before.clear()
    return [*parts, bytes(before + b"]}")], gaps


class Batches:
    """The batches of one policy by the kind of case, bounded. No lock: at worst one is made twice."""

    def __init__(self, policy: PolicySnapshot, write: Write, most_bytes: int = MOST_BYTES) -> None:
        self.policy = policy
        self._write = write
        self._most_bytes = most_bytes
        self._batches: dict[Hashable, Batch] = {}
        self._bytes_kept = 0

    def answer(self, question: FlagQuestion) -> AllFlags:
        """The answer of all flags to a question to this policy."""
        case = question.case()
        if case is None:
            return self._one_by_one(question)
        batch = self._batches.get(case.kind)
        return (batch or self._made(case, question)).answer(case.keys, question)

    def _made(self, case: FlagCase, question: FlagQuestion) -> Batch:
        outline = self.policy.flags.outline(question.evaluate_all())
        batch = Batch(outline, question, self._write)
        if self._bytes_kept + batch.size > self._most_bytes:
            self._batches = {}
            self._bytes_kept = 0
        if batch.size <= self._most_bytes:
            self._batches[case.kind] = batch
            self._bytes_kept += batch.size
        return batch

    def _one_by_one(self, question: FlagQuestion) -> AllFlags:
        answers = question.evaluate_all()
        body = b'{"flags":[' + b",".join(map(self._write, answers)) + b"]}"
        counted = CountedFlags(FlagKinds([kind_of(one) for one in answers], ()), (), ())
        return AllFlags(body, tag_of(body), counted, question.now, question.until)
