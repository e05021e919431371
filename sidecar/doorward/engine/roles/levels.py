"""The level of a subject among roles, for subjectPriority: nobody below is 0, a role is one above its holders."""

from collections import deque
from typing import Final

from doorward.engine.roles.graph import Roles

Place = tuple[str, str]  # name, tenant
_BOTTOM: Final = 0


def subject_levels(roles: Roles) -> dict[Place, int]:
    """The level of every name that role rows mention, in each tenant for itself.

    pycasbin 2.8.0 does the same in rounds; other Casbins count from the top.
    """
    above: dict[Place, list[Place]] = {}
    below: dict[Place, int] = {}
    for holder, role, tenant in roles.assignments():
        above.setdefault((holder, tenant), []).append((role, tenant))
        below.setdefault((holder, tenant), 0)
        below[role, tenant] = below.get((role, tenant), 0) + 1
    levels: dict[Place, int] = dict.fromkeys(below, _BOTTOM)
    waiting = deque(place for place, count in below.items() if not count)
    while waiting:  # there are no circles: they were refused
        place = waiting.popleft()
        for higher in above.get(place, ()):
            levels[higher] = max(levels[higher], levels[place] + 1)
            below[higher] -= 1
            if not below[higher]:
                waiting.append(higher)
    return levels
