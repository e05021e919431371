"""`@require_feature`: functions that run only where a feature flag is on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Callable

from doorward_sdk.default_client import default_client
from doorward_sdk.denials import FeatureDisabled
from doorward_sdk.flags.values import checked_key
from doorward_sdk.gates.guarding import CallArguments, Function, Guardable, guarded_by
from doorward_sdk.gates.templates import Template

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward
    from doorward_sdk.gates.guarding import Arguments, NamedArguments


def require_feature(
    feature: str, *, tenant: str | None = None, client: Doorward | None = None
) -> Callable[[Guardable], Guardable]:
    """Let a function run only where a boolean flag is true, for the tenant and the user of `acting_as`.

    Coroutine functions and generators ask as those of `require_access` do.

    Args:
        feature: the flag's key; features of plans are flags.
        tenant: the tenant, a template over the arguments; None: that of `acting_as`.
        client: who is asked; None: the default client at the time of the call.

    Raises:
        CallError: while decorating, when the key is malformed or the template does not fit.
        FeatureDisabled: in a call, when the flag is not true, is not there, or no answer comes.
    """
    checked_key(feature)

    def make_gate(function: Function) -> _Gate:
        return _Gate(feature, tenant, client, function)

    def guard(function: Guardable) -> Guardable:
        return guarded_by(make_gate, function)

    return guard


class _Gate:
    """What stands in front of one function."""

    def __init__(self, feature: str, tenant: str | None, client: Doorward | None, function: Function) -> None:
        self._feature = feature
        self._tenant = None if tenant is None else Template(tenant, function)
        self._client = client
        self._arguments = CallArguments(function, needed=self._tenant is not None and not self._tenant.is_constant)

    def prepare(self, args: Arguments, kwargs: NamedArguments) -> Callable[[], None]:
        """Ask whether the feature is on for this call; who is acting is asked for where that is called."""
        arguments = self._arguments.named(args, kwargs)
        return partial(self._admit, None if self._tenant is None else self._tenant.render(arguments))

    def _admit(self, tenant: str | None) -> None:
        details = (self._client or default_client()).flag_details(self._feature, default=False, tenant=tenant)
        if details.value is not True:
            raise FeatureDisabled(self._feature, details)
