"""Roles that must log in with a second factor and that nobody can have."""

from typing import Final

from doorward.domain.security import PolicyType
from doorward.policy.lint import codes
from doorward.policy.lint.examined import Examined
from doorward.policy.lint.sources import word_span
from doorward.policy.tree import SECURITY

_MFA: Final = "mfa_required_roles"


def check_security(examined: Examined) -> None:
    """Every role that a policy about access control names."""
    for policy in examined.security.declared:
        roles = policy.rules.get(_MFA)
        if policy.type is not PolicyType.ACCESS_CONTROL or not isinstance(roles, tuple):
            continue
        for role in roles:
            if not examined.declares_role(role):
                message = (
                    f"{policy.name}: there is no role {role}, so nobody needs a second factor by it; correct its name"
                )
                examined.word(codes.UNKNOWN_MFA_ROLE, SECURITY, _line_of(examined, role, policy.line), role, message)


def _line_of(examined: Examined, word: str, first: int) -> int:
    """The first line from `first` on in which a word stands."""
    lines = examined.sources.lines(SECURITY)
    return next((at for at in range(first, len(lines) + 1) if word_span(lines[at - 1], word) is not None), first)
