"""The one place where concrete parts meet.

A name is loaded when it is asked for: who only reads a folder does without web server and database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doorward.bootstrap.application import (
        Application,
        accepted_application,
        build_application,
        folder_application,
        in_process,
        make_authenticator,
        operator_authenticator,
    )
    from doorward.bootstrap.followed import Followed, followed_folder, followed_repository
    from doorward.bootstrap.memory import Pacer
    from doorward.bootstrap.policies import KeptPolicy, load_folder
    from doorward.bootstrap.recorded import RecordedState, open_recorded
    from doorward.bootstrap.rewrapping import rewrap_keys

__all__ = [
    "Application",
    "Followed",
    "KeptPolicy",
    "Pacer",
    "RecordedState",
    "accepted_application",
    "build_application",
    "folder_application",
    "followed_folder",
    "followed_repository",
    "in_process",
    "load_folder",
    "make_authenticator",
    "open_recorded",
    "operator_authenticator",
    "rewrap_keys",
]

_MODULES: Final = {
    "Followed": "followed",
    "KeptPolicy": "policies",
    "Pacer": "memory",
    "RecordedState": "recorded",
    "followed_folder": "followed",
    "followed_repository": "followed",
    "load_folder": "policies",
    "open_recorded": "recorded",
    "rewrap_keys": "rewrapping",
}
"""Where a name is, if not in `application`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'application')}"), name)
    globals()[name] = found
    return found
