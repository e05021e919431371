"""What OpenFeature's clients ask a sidecar, and what has to come back: the same for every client and language."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from support.trees import DIRECTORY, FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, ROOT, tree

FLAGS_YAML: Final = """\
beta_features:
  type: boolean
  default: off
  rules:
    - {when: r.ctx.tenant.id == 'acme', serve: on}
engine:
  type: string
  variants: {classic: v1, vectors: v2}
  default: classic
  rules:
    - {when: r.ctx.context.country == 'DE', serve: vectors}
page_size:
  type: integer
  variants: {small: 20, large: 100}
  default: small
price_factor:
  type: float
  variants: {plain: 1.0, sale: 0.9}
  default: plain
banner:
  type: object
  variants:
    none: {}
    summer: {text: Summer is here, colours: ['#fff', '#fc0']}
  default: summer
checkout:
  type: boolean
  default: off
  rules:
    - {split: {on: 50, off: 50}, by: user, salt: new-checkout}
shop:
  type: string
  variants: {old: o, new: n}
  default: old
  rules:
    - {split: {new: 30, old: 70}, salt: new-checkout}
parked:
  type: boolean
  default: on
  enabled: false
web/search engine:
  type: string
  variants: {classic: v1}
  default: classic
größe:
  type: string
  variants: {m: M}
  default: m
"""


@dataclass(frozen=True)
class Case:
    """One question: which flag, as which type, for which context; and the answer."""

    name: str
    flag: str
    type: str
    default: Any
    value: Any
    variant: str | None = None
    reason: str = "ERROR"
    error: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


CASES: Final = (
    Case("a boolean that is targeted", "beta_features", "boolean", False, True, "on", "TARGETING_MATCH", context={"tenant": "acme"}),
    Case("a boolean that is not", "beta_features", "boolean", True, False, "off", "DEFAULT", context={"tenant": "globex"}),
    Case("a string that is targeted", "engine", "string", "v0", "v2", "vectors", "TARGETING_MATCH", context={"country": "DE"}),
    Case("a string that is not", "engine", "string", "v0", "v1", "classic", "DEFAULT", context={"country": "FR"}),
    Case("an integer", "page_size", "integer", 1, 20, "small", "STATIC"),
    Case("a float that is whole", "price_factor", "float", 0.5, 1.0, "plain", "STATIC"),
    Case("an object", "banner", "object", {}, {"text": "Summer is here", "colours": ["#fff", "#fc0"]}, "summer", "STATIC"),
    Case("a split, below", "checkout", "boolean", False, True, "on", "SPLIT", context={"targetingKey": "user-2"}),
    Case("a split, above", "checkout", "boolean", True, False, "off", "SPLIT", context={"targetingKey": "user-1"}),
    Case("a split by tenant, below", "shop", "string", "x", "n", "new", "SPLIT", context={"tenant": "acme"}),
    Case("a split by tenant, above", "shop", "string", "x", "o", "old", "SPLIT", context={"tenant": "globex"}),
    Case("a split for nobody", "checkout", "boolean", True, True, error="TARGETING_KEY_MISSING"),
    Case("a flag that is disabled", "parked", "boolean", True, False, "off", "DISABLED"),
    Case("a feature of the plan", "analytics", "boolean", False, True, "on", "TARGETING_MATCH", context={"tenant": "initech"}),
    Case("a feature of another plan", "analytics", "boolean", True, False, "off", "DEFAULT", context={"tenant": "acme"}),
    Case("a flag that is not there", "no_such_flag", "string", "mine", "mine", error="FLAG_NOT_FOUND"),
    Case("a flag of another type", "page_size", "boolean", True, True, error="TYPE_MISMATCH"),
    Case("a key with a slash and a blank", "web/search engine", "string", "x", "v1", "classic", "STATIC"),
    Case("a key in other letters", "größe", "string", "x", "M", "m", "STATIC"),
    Case("a context with much in it", "engine", "string", "x", "v2", "vectors", "TARGETING_MATCH", context={"country": "DE", "targetingKey": "zoë", "n": 1.5, "tags": ["a", {"b": None}]}),
)  # fmt: skip
UNKNOWN_TENANT: Final = Case("an unknown tenant", "engine", "string", "x", "x", error="INVALID_CONTEXT", context={"tenant": "nowhere"})  # fmt: skip


def cases_as_json(cases: tuple[Case, ...]) -> str:
    """The cases for a program in another language."""
    return json.dumps([asdict(case) for case in cases], ensure_ascii=False)


def policy_files() -> dict[str, bytes]:
    """The default tree with these flags."""
    files = tree(directory="tenants: [acme, globex]\n")
    assert DIRECTORY in files
    catalog = "policies/catalog.yaml"
    return files | {
        FLAGS: FLAGS_YAML.encode(),
        PLANS_MODEL: PLANS_CONF.encode(),
        PLANS: PLANS_CSV.encode(),
        catalog: (ROOT / catalog).read_bytes(),
    }


CLIENTS: Final = Path(__file__).resolve().parents[2] / ".tools" / "openfeature"
"""Where `make tools` puts OpenFeature's own clients."""
