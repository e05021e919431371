"""Doorward as a provider of OpenFeature's Python SDK: `pip install doorward-sdk[openfeature]`.

Nothing else in this package imports OpenFeature, so nothing else needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from doorward_sdk.default_client import default_client
from doorward_sdk.errors import CallError, ClientClosed
from doorward_sdk.records.keys import time_text

try:
    from openfeature.exception import ErrorCode
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider import AbstractProvider, Metadata
except ImportError as missing:
    raise ImportError(
        "doorward_sdk.openfeature needs OpenFeature: pip install 'doorward-sdk[openfeature]'"
    ) from missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openfeature.evaluation_context import EvaluationContext
    from openfeature.flag_evaluation import FlagValueType

    from doorward_sdk.client import Doorward
    from doorward_sdk.flags.answers import FlagDetails

    Object = Sequence[FlagValueType] | Mapping[str, FlagValueType]

__all__ = ["DoorwardProvider"]

_TARGETING_KEY = "targetingKey"
_Value = TypeVar("_Value")


class DoorwardProvider(AbstractProvider):
    """Flags of a sidecar. The targeting key is the user's id; `tenant` or `domain` of the context name the tenant.

    Where the context names neither user nor tenant, those of `acting_as` stand in.

    Args:
        client: who is asked; None: the default client at the time of the question.
    """

    def __init__(self, client: Doorward | None = None) -> None:
        super().__init__()
        self._client = client

    def get_metadata(self) -> Metadata:
        """The provider's name."""
        return Metadata(name="Doorward")

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """A boolean flag."""
        return self._resolve(flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """A string flag."""
        return self._resolve(flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """An integer flag."""
        return self._resolve(flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """A float flag, or an integer one."""
        return self._resolve(flag_key, float(default_value), evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Object]:
        """An object flag."""
        return self._resolve(flag_key, default_value, evaluation_context)

    async def resolve_boolean_details_async(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """A boolean flag, asked in a thread."""
        return await asyncio.to_thread(self.resolve_boolean_details, flag_key, default_value, evaluation_context)

    async def resolve_string_details_async(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """A string flag, asked in a thread."""
        return await asyncio.to_thread(self.resolve_string_details, flag_key, default_value, evaluation_context)

    async def resolve_integer_details_async(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """An integer flag, asked in a thread."""
        return await asyncio.to_thread(self.resolve_integer_details, flag_key, default_value, evaluation_context)

    async def resolve_float_details_async(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """A float flag, asked in a thread."""
        return await asyncio.to_thread(self.resolve_float_details, flag_key, default_value, evaluation_context)

    async def resolve_object_details_async(
        self, flag_key: str, default_value: Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Object]:
        """An object flag, asked in a thread."""
        return await asyncio.to_thread(self.resolve_object_details, flag_key, default_value, evaluation_context)

    def _resolve(self, key: str, default: _Value, asked: EvaluationContext | None) -> FlagResolutionDetails[_Value]:
        try:
            details = (self._client or default_client()).flag_details(key, default, context=_context(asked))
        except ClientClosed as closed:
            return _refused(default, ErrorCode.PROVIDER_NOT_READY, str(closed))
        except CallError as error:
            return _refused(default, ErrorCode.INVALID_CONTEXT, str(error))
        return _resolution(details)


def _resolution(details: FlagDetails[_Value]) -> FlagResolutionDetails[_Value]:
    if details.error is not None:
        return _refused(details.value, ErrorCode(details.error.code), details.error.message)
    metadata = {} if details.revision is None else {"revision": details.revision}
    return FlagResolutionDetails(details.value, reason=details.reason, variant=details.variant, flag_metadata=metadata)


def _refused(default: _Value, code: ErrorCode, message: str) -> FlagResolutionDetails[_Value]:
    return FlagResolutionDetails(default, error_code=code, error_message=message, reason=Reason.ERROR)


def _context(asked: EvaluationContext | None) -> dict[str, object]:
    """The context as OFREP has it."""
    if asked is None:
        return {}
    found = {name: _plain(value) for name, value in asked.attributes.items()}
    if asked.targeting_key:
        found[_TARGETING_KEY] = asked.targeting_key
    return found


def _plain(value: object) -> object:
    """An attribute as JSON says it: times are texts in UTC."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
