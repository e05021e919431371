"""A policy with a flag of every kind, for tests over the wire."""

from collections.abc import Mapping

from support.trees import ROOT

FLAGS = """\
beta:
  type: boolean
  description: Enable beta features
  owner: platform
  default: off
  rules:
    - {when: r.ctx.tenant.plan == 'enterprise', serve: on}
    - {when: r.ctx.context.tester == True, serve: on}

web/search engine:
  type: string
  variants: {classic: v1, vectors: v2}
  default: classic
  rules:
    - {when: "any_in(r.ctx.subject.roles, ['admin'])", serve: vectors}

price:
  type: float
  variants: {plain: 1.0, sale: 0.9}
  default: plain

page_size:
  type: integer
  variants: {small: 20, large: 100}
  default: small
  enabled: false

banner:
  type: object
  variants: {none: {}, summer: {text: Summer, colours: ['#fff']}}
  default: summer

by_tenant:
  type: boolean
  default: off
  rules:
    - {split: {on: 100000, off: 0}, by: tenant}

by_user:
  type: boolean
  default: off
  rules:
    - {split: {on: 100000, off: 0}, by: user}

broken:
  type: boolean
  default: off
  rules:
    - {when: r.ctx.context.age > 17, serve: on}

"größe / 機能":
  type: boolean
  default: on

/ends/:
  type: boolean
  default: on
""".encode()
KEYS = (
    "beta", "web/search engine", "price", "page_size", "banner", "by_tenant", "by_user", "broken", "größe / 機能", "/ends/",
)  # fmt: skip


def flag_tree(flags: bytes = FLAGS) -> Mapping[str, bytes]:
    """The default policy with flags."""
    files = [path for folder in ("models", "policies") for path in (ROOT / folder).iterdir() if path.is_file()]
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in files} | {"policies/flags.yaml": flags}
