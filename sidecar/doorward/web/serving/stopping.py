"""The order to stop, as a signal brings it."""

import queue
import signal
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Waits for SIGTERM or SIGINT, from when it is made; make it in the main thread.

    A handler runs in the main thread, between any two of its steps, so it must take no lock that the main thread may
    hold: `threading.Event.set` does, and a signal that came while the event was waited for was waited for without end.
    `SimpleQueue.put` is made for that (its documentation calls it reentrant).
    """

    def __init__(self) -> None:
        self._came: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in SIGNALS:
            signal.signal(number, self._note)

    def wait(self, seconds: float) -> bool:
        """Whether one of them comes, or came, within some seconds."""
        try:
            self._came.get(timeout=seconds)
        except queue.Empty:
            return False
        return True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.put(number)
