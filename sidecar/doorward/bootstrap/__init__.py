"""The one place where concrete parts meet."""

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
]
