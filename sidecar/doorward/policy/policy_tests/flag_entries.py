"""An entry of a test file that asks for flags, to its checks."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from doorward.policy.policy_tests.cases import FlagCheck, FlagQuestion
from doorward.policy.policy_tests.pieces import Entity, Refused, entity_of, line_of, mapping_of
from doorward.policy.policy_tests.tenants import read_tenant
from doorward.policy.yaml_reader import Located
from doorward.services.flag_questions import NAMING, TARGETING_KEY

FLAG_KEYS: Final = ("flag", "flags", "subject", "roles", "tenant", "context")


def asks_for_flags(entry: Located) -> bool:
    """Whether it is flags that an entry asks for."""
    return "flag" in entry or "flags" in entry


def read_flag_checks(entry: Located) -> Iterator[FlagCheck]:
    """A check for each flag that an entry names. Raises Refused."""
    subject = entity_of(entry, "subject") if "subject" in entry else None
    tenant = read_tenant(entry)
    context = _context(entry)
    where = f" in {tenant['id']}" if "id" in tenant else ""
    whom = f" for {subject}" if subject is not None else ""
    rule = _rule(entry)
    for key, variant, line in _expected(entry):
        question = _question(key, subject, tenant, context)
        yield FlagCheck(asked=f"flag {key}{whom}{where}", question=question, variant=variant, rule=rule, line=line)


def _question(key: str, subject: Entity | None, tenant: Mapping[str, Any], context: Mapping[str, Any]) -> FlagQuestion:
    attributes = {} if subject is None else subject.attributes
    return FlagQuestion(
        key=key,
        subject=None if subject is None else str(subject),
        attributes=attributes,
        tenant=tenant,
        context=context,
    )


def _context(entry: Located) -> Mapping[str, Any]:
    """What a client sends beside whom flags are for."""
    context = mapping_of(entry, "context")
    naming = next((name for name in context if name in NAMING), None)
    if naming is not None:
        instead = "subject: user:ID" if naming == TARGETING_KEY else "tenant: ID"
        message = f"{naming} in context says whom flags are for, and no rule reads it; write `{instead}` beside context"
        raise Refused(line_of(entry["context"], naming), message)
    return context


def _rule(entry: Located) -> int | None:
    rule = entry.get("rule")
    if rule is None:
        return None
    if "flags" in entry:
        raise Refused(line_of(entry, "rule"), "`rule` does not go with `flags`: give each flag a test of its own")
    if not isinstance(rule, int) or isinstance(rule, bool) or rule < 1:
        raise Refused(line_of(entry, "rule"), f"rule is the number of the flag's rule, from 1, not {rule!r}")
    return rule


def _expected(entry: Located) -> Iterator[tuple[str, str, int]]:
    """Each flag, the variant that it must have, and the line that says so."""
    flags = entry.get("flags")
    if "flags" not in entry:
        key = entry["flag"]
        if not isinstance(key, str):
            raise Refused(line_of(entry, "flag"), f"flag {key!r} is no text; quote it: '{key}'")
        yield key, _variant(entry, "expect"), entry.line
        return
    for key, instead in (("flag", "keep one of them"), ("expect", "the variants stand in it")):
        if key in entry:
            raise Refused(line_of(entry, key), f"`{key}` does not go with `flags`: {instead}")
    if not isinstance(flags, Located) or not flags:
        raise Refused(line_of(entry, "flags"), "flags must be a mapping, like {new_search: on, page_size: large}")
    for key in flags:
        yield key, _variant(flags, key), flags.lines[key]


def _variant(holder: Located, key: str) -> str:
    variant = holder.get(key)
    if not isinstance(variant, str):
        quoted = "" if variant is None else f"; quote it: '{variant}'"
        raise Refused(line_of(holder, key), f"expected is the name of a variant, not {variant!r}{quoted}")
    return variant
