"""What flags require of each other: flags and variants that are there, and no circles."""

from collections import deque
from collections.abc import Collection, Mapping

from doorward.domain.flags import Flag, feature_flag
from doorward.engine import Problems
from doorward.policy.flags.pieces import shown
from doorward.policy.yaml_reader import Located


def check_requirements(
    top: Located, flags: Mapping[str, Flag], features: Collection[str] | None, problems: Problems
) -> None:
    """Note every requirement that no flag or variant meets, and every circle.

    An entry that could not be read is no reason to say that it is missing; nor are `features` that nobody knows.
    """
    for flag in flags.values():
        for key, variants in flag.requires.items():
            line = _line(top, flag, key)
            needed = flags.get(key) or (feature_flag(key) if key in (features or ()) else None)
            if needed is None and features is not None and key not in top:
                problems.add(
                    line, f"{flag.key!r} requires the flag {key!r}, which is not there; add it, or correct the name"
                )
            if needed is None:
                continue
            for variant in variants:
                if variant not in needed.variants:
                    has = shown(needed.variants)
                    problems.add(line, f"{flag.key!r} requires {key!r} to be {variant!r}; its variants are {has}")
    for circle in _circles(flags):
        line = _line(top, flags[circle[0]], circle[1])
        problems.add(line, f"flags require each other in a circle: {' -> '.join(circle)}; remove one of them")


def _line(top: Located, flag: Flag, key: str) -> int:
    requires = top[flag.key]["requires"]
    return int(requires.lines[key]) if isinstance(requires, Located) else flag.line


def _circles(flags: Mapping[str, Flag]) -> list[list[str]]:
    """A way around for each set of flags that wait for each other: a, b, a."""
    waiting = _never_ready(flags)
    found: list[list[str]] = []
    seen: set[str] = set()
    for start in waiting:
        way: dict[str, None] = {}
        key = start
        while key not in seen and key not in way:
            way[key] = None
            key = next(one for one in flags[key].requires if one in waiting)
        if key in way:
            keys = [*way]
            found.append([*keys[keys.index(key) :], key])
        seen |= way.keys()
    return found


def _never_ready(flags: Mapping[str, Flag]) -> Mapping[str, None]:
    """The flags that require, through others too, one that is in a circle."""
    missing = {key: {one for one in flag.requires if one in flags} for key, flag in flags.items()}
    required_by: dict[str, list[str]] = {}
    for key, needed in missing.items():
        for one in needed:
            required_by.setdefault(one, []).append(key)
    ready = deque(key for key, needed in missing.items() if not needed)
    waiting = dict.fromkeys(flags)
    while ready:
        key = ready.popleft()
        del waiting[key]
        for other in required_by.get(key, ()):
            missing[other].discard(key)
            if not missing[other]:
                ready.append(other)
    return waiting
