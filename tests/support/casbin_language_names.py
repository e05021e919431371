"""The names that generated policies are made of, chosen so that no name is by accident a pattern of another."""

from collections.abc import Mapping, Sequence

USERS, STRANGERS = ("alice", "alan", "bob", "root"), ("alic", "alicex", "ALICE", "nobody")
ROLES = ("r0", "r1", "r2", "r3", "r4", "r5", "r6")
DOMAINS, OTHER_DOMAINS = ("acme", "globex"), ("acm", "acmes", "-")
THINGS = ("/a", "/a/b", "/a/12", "/a/b/c", "/a/a", "/b/a", "/b")
OTHER_THINGS = ("/", "/a/", "/a/.b", "/ab", "/a/b?x=1", "/A", "kind")
KINDS = ("k0", "k1", "k2", "k3")
ACTS, OTHER_ACTS = ("read", "write", "list"), ("rea", "reads", "READ", "delete")
ADDRESSES = ("10.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "2001:db8::7")
NETWORKS = ("10.0.0.0/8", "10.0.0.0/16", "10.1.2.3", "2001:db8::/32", "::/0")
TAGS = ("x", "y", "z")
TIMES = (
    "2026-01-01 00:00:00", "2026-03-01 12:30:00", "2026-06-01 00:00:00", "2026-12-31 23:59:59",
)  # fmt: skip

# Patterns of things; those of acts and subjects follow.
THING_PATTERNS: Mapping[str, Sequence[str]] = {
    "keyMatch": ("*", "/*", "/a*", "/a/*", "/a/b*", "/a/b", "/b"),
    "keyMatch2": ("*", "/*", "/a/*", "/a/:x", "/:x", "/:x/b", "/a/:x/c", "/b", "/a/b"),
    "keyMatch3": ("/*", "/a/*", "/a/{x}", "/{x}", "/{x}/b", "/a/{x}/c", "/b", "/a/b"),
    "keyMatch4": ("/*", "/{x}/{x}", "/{x}/{y}", "/a/{x}", "/a/{x}/c", "/b", "/a/b"),
    "keyMatch5": ("/*", "/a/*", "/a/{x}", "/{x}", "/{x}/b", "/b", "/a/b"),
    "globMatch": ("/*", "/a/*", "/a/**", "/**", "**/b", "/?", "/a/?", "/a/*/c", "/a/b", "/b"),
    "regexMatch": ("^/a", "^/a/[0-9]+$", "/a/b$", ".*b$", "^/[ab]/a$", "^/a(/[a-c])*$", "^/$"),
}
SUBJECT_PATTERNS: Mapping[str, Sequence[str]] = {
    "keyMatch": ("al*", "ali*", "b*", "r0*", "alice"),
    "regexMatch": ("^al", "^ali.*$", "^b.b$", "^r[01]$", "^alice$"),
    "globMatch": ("al*", "?ob", "r0*", "*e", "alice"),
}
KIND_PATTERNS: Mapping[str, Sequence[str]] = {
    function: tuple(one for one in patterns if one not in {"*", "/*", "^/$"})
    for function, patterns in THING_PATTERNS.items()
}
ACT_REGEXES = ("^read$", "read|write", "(list)|(write)", "^(read|list)$", ".*", "re")

# Many more of each, for policies of hundreds of rows.
MANY_USERS = tuple(f"{name}{number}" for name in ("ada", "ben", "cleo") for number in range(20))
MANY_THINGS = tuple(f"/{one}/{two}/{three}" for one in "abc" for two in "abcd" for three in "123")
MANY_PATTERNS: Mapping[str, Sequence[str]] = {
    "keyMatch": tuple(f"{one[:length]}*" for one in MANY_THINGS for length in (3, 4, 5)),
    "keyMatch2": tuple(text for one in MANY_THINGS for text in (f"{one[:5]}:x", f"{one[:4]}/*", f"/:x{one[2:]}")),
    "keyMatch3": tuple(text for one in MANY_THINGS for text in (f"{one[:5]}{{x}}", f"/{{x}}{one[2:]}")),
    "keyMatch4": tuple(text for one in MANY_THINGS for text in (f"{one[:5]}{{x}}", f"/{{x}}/{{y}}/{one[5:]}")),
    "keyMatch5": tuple(text for one in MANY_THINGS for text in (f"{one[:5]}{{x}}", f"{one[:2]}/*")),
    "globMatch": tuple(text for one in MANY_THINGS for text in (f"{one[:5]}*", f"{one[:2]}/**", f"/?{one[2:]}")),
    "regexMatch": tuple(text for one in MANY_THINGS for text in (f"^{one[:5]}", f"^{one}$", f".*{one[2:]}$")),
}
EVERY_NAME = (*USERS, *STRANGERS, *ROLES, *THINGS, *OTHER_THINGS, *KINDS, *MANY_USERS, *MANY_THINGS)
