"""Watches the folder of a directory source: the only module that imports watchfiles.

What the operating system reports only wakes us; whether anything changed is for the source to say.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

import watchfiles

from doorward.sources.directory import DirectorySource

_WAKE_SECONDS: Final = 0.25
_log = logging.getLogger("doorward.policy")


def watch(source: DirectorySource, changed: Callable[[], None], stop: threading.Event) -> None:
    """Call `changed` after every change, until `stop` is set. Blocks; run it in a thread.

    A folder that is deleted and made again is followed. Where the operating system reports no
    changes (too many watches, a folder that may not be read), the files are looked at instead.
    """
    told = ""
    while not stop.is_set():
        watched = source.identity()
        try:
            for _ in watchfiles.watch(
                source.root,
                watch_filter=None,
                debounce=50,
                step=10,
                stop_event=stop,
                rust_timeout=int(_WAKE_SECONDS * 1000),
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if source.has_changed():
                    changed()
                if source.identity() != watched:
                    break
        except (OSError, RuntimeError) as error:  # RuntimeError: what else watchfiles raises
            if str(error) != told and source.root.is_dir():
                told = str(error)
                _log.warning("looking for changes every %g s, for they are not reported: %s", _WAKE_SECONDS, told)
            stop.wait(_WAKE_SECONDS)
            if source.has_changed():
                changed()
