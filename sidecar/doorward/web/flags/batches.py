"""The answer to all flags, made of pieces that are written once for all contexts that conditions see alike."""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from doorward.domain.bucketing import Begun, begun, places_of
from doorward.domain.flag_outlines import FlagOutline
from doorward.domain.flags import DecidedBy, FlagAnswer
from doorward.services.flag_questions import Asked
from doorward.services.ports import PolicySnapshot
from doorward.web.kept import Seen
from doorward.web.metrics import CountedFlags, FlagKind, FlagKinds
from doorward.web.repeated import AllFlags

MOST_BYTES: Final = 16 << 20
_NUMBERS: Final = 1 << 128
_BYTES_TOLD: Final = 500
"""What an answer takes beside its body, about."""
_BYTES_A_FLAG: Final = 300
"""What a flag takes in a batch beside its text, about."""
_NOTHING_ALIKE: Final = FlagKinds((), ())
Write = Callable[[FlagAnswer], bytes]
"""The answer of a flag as JSON."""


def kind_of(answer: FlagAnswer) -> FlagKind:
    """What an answer is counted by."""
    return answer.key, answer.variant or "", answer.reason


class Piece(NamedTuple):
    """The answer of one flag as JSON, a hash of that, and what it is counted by.

    The hashes of all flags add up to the tag, however they were asked.
    """

    text: bytes
    number: int
    kind: FlagKind


class _Splits(NamedTuple):
    """The splits that are by one of a case's keys: what is hashed, and in the same order which pieces go where."""

    by: int
    hashed: Sequence[tuple[Begun, Sequence[bytes]]]
    gaps: Sequence[tuple[int, Sequence[bytes], Sequence[int]]]


class _Told(NamedTuple):
    """What all flags answer: the body, its tag, and what is counted for it."""

    body: bytes
    tag: str
    counted: CountedFlags


class Room:
    """The bytes that all batches of a policy may take together."""

    __slots__ = ("_left", "is_full", "seen")

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self.is_full = False
        self.seen = Seen()

    def take(self, size: int) -> bool:
        """Take so many bytes; False where they are not left."""
        if size > self._left:
            self.is_full = True
            return False
        self._left -= size
        return True


class Batch:
    """All flags in one kind of case: what is always the same as bytes, with gaps for those that a split decides.

    What is put together for a second time is kept by how the splits fell, while there is room: most users share it
    with others.
    """

    __slots__ = ("_kinds", "_late", "_late_gaps", "_number", "_overrides", "_parts", "_pieces", "_room", "_splits",
                 "_told", "size")  # fmt: skip

    def __init__(self, outline: FlagOutline, question: Asked, pieces: "Pieces", room: Room) -> None:
        self._room = room
        self._told: dict[tuple[int, ...], _Told] = {}
        self._pieces = pieces
        self._overrides = question.overrides  # cases tell them apart by identity, so they must live as long
        settled = [None if one is None else pieces.of(one) for one in outline.answers]
        self._parts, gaps = _with_gaps(None if one is None else one.text for one in settled)
        self._number = pieces.order + sum(one.number for one in settled if one is not None)
        self._late = [key for _, key in outline.late]
        self._late_gaps = [gaps[place] for place, _ in outline.late]
        self._splits: list[_Splits] = []
        choices: list[Sequence[FlagKind]] = []
        for by in sorted({split.by for split in outline.splits}):
            mine = [one for one in outline.splits if one.by == by]
            found = [[pieces.of(answer) for answer in one.answers] for one in mine]
            hashed = [(begun(one.prefix), one.bounds) for one in mine]
            filled = [
                (gaps[one.place], [piece.text for piece in of], [piece.number for piece in of])
                for one, of in zip(mine, found, strict=True)
            ]
            self._splits.append(_Splits(by, hashed, filled))
            choices += [[piece.kind for piece in of] for of in found]
        self._kinds = FlagKinds([one.kind for one in settled if one is not None], choices)
        self.size = sum(map(len, self._parts)) + _BYTES_A_FLAG * len(outline.answers)

    def answer(self, keys: Sequence[bytes | None], question: Asked) -> AllFlags:
        """The answer to a question of this kind; `keys` are those of its case."""
        places: list[int] = []
        for by, hashed, _ in self._splits:
            places += places_of(hashed, keys[by] or b"")
        if self._late:
            told = self._put_together(places, [*map(self._pieces.of, question.evaluate_some(self._late))])
        else:
            fallen = tuple(places)
            told = self._told.get(fallen) or self._kept(fallen)
        body, tag, counted = told
        return AllFlags(body, tag, counted, question.now, question.until)

    def _kept(self, fallen: tuple[int, ...]) -> _Told:
        """What is answered where the splits fell so; kept from the second time on."""
        told, room = self._put_together(fallen, ()), self._room
        if room.seen.again((id(self), fallen)) and room.take(len(told.body) + _BYTES_TOLD + 8 * len(fallen)):
            self._told[fallen] = told
        return told

    def _put_together(self, places: Sequence[int], late: Sequence[Piece]) -> _Told:
        parts, number = self._parts.copy(), self._number
        gaps = chain.from_iterable(split.gaps for split in self._splits)
        for (gap, texts, numbers), place in zip(gaps, places, strict=True):
            parts[gap] = texts[place]
            number += numbers[place]
        for gap, piece in zip(self._late_gaps, late, strict=True):
            parts[gap] = piece.text
            number += piece.number
        counted = CountedFlags(self._kinds, places, [piece.kind for piece in late])
        return _Told(b"".join(parts), _tag(number), counted)


def _number_of(text: bytes) -> int:
    """A hash, the same in all processes."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


def _tag(number: int) -> str:
    return f'"{number % _NUMBERS:032x}"'


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


class Pieces:
    """The answers of one policy's flags as pieces; what it declares is written once."""

    def __init__(self, keys: Sequence[str], write: Write) -> None:
        self._write = write
        self._made: dict[FlagKind, Piece] = {}
        self.order = _number_of("\0".join(keys).encode())

    def of(self, answer: FlagAnswer) -> Piece:
        """The piece of an answer."""
        kind = kind_of(answer)
        if answer.error is not None or answer.decided_by is DecidedBy.OVERRIDE:
            return self._written(answer, kind)
        piece = self._made.get(kind)
        if piece is None:
            piece = self._made[kind] = self._written(answer, kind)
        return piece

    def _written(self, answer: FlagAnswer, kind: FlagKind) -> Piece:
        text = self._write(answer)
        return Piece(text, _number_of(text), kind)


class Batches:
    """The batches of one policy by the kind of case, bounded. No lock: at worst one is made twice.

    One is made for the second context of a kind: making it costs more than asking each flag.
    """

    def __init__(self, policy: PolicySnapshot, write: Write, most_bytes: int = MOST_BYTES) -> None:
        self.policy = policy
        self._pieces = Pieces(policy.flags.keys, write)
        self._most_bytes = most_bytes
        self._batches: dict[Hashable, Batch] = {}
        self._room = Room(most_bytes)
        self._seen = Seen()

    def answer(self, question: Asked) -> AllFlags:
        """The answer of all flags to a question to this policy."""
        case = question.case()
        if case is None:
            return self._one_by_one(question)
        if self._room.is_full:  # what is still asked for is made anew
            self._batches, self._room = {}, Room(self._most_bytes)
        batch = self._batches.get(case.kind)
        if batch is None:
            if not self._seen.again(case.kind):
                return self._one_by_one(question)
            batch = self._made(case.kind, question)
        return batch.answer(case.keys, question)

    def _made(self, kind: Hashable, question: Asked) -> Batch:
        batch = Batch(self.policy.flags.outline(question.evaluate_all()), question, self._pieces, self._room)
        if self._room.take(batch.size):
            self._batches[kind] = batch
        return batch

    def _one_by_one(self, question: Asked) -> AllFlags:
        answers = question.evaluate_all()
        pieces = [*map(self._pieces.of, answers)]
        body = b'{"flags":[' + b",".join([piece[0] for piece in pieces]) + b"]}"
        number = sum([piece[1] for piece in pieces], self._pieces.order)
        counted = CountedFlags(_NOTHING_ALIKE, (), [piece[2] for piece in pieces])
        return AllFlags(body, _tag(number), counted, question.now, question.until)
