"""Who is acting: the subject and tenant that calls without a subject are made for."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from doorward_sdk.access.questions import check_name
from doorward_sdk.entities import Entity, EntityLike, as_entity

if TYPE_CHECKING:
    from collections.abc import Iterator


class Acting(NamedTuple):
    """A subject, and the tenant in which it acts (None: the one that the sidecar knows it by)."""

    subject: Entity
    tenant: str | None


_ACTING: ContextVar[Acting | None] = ContextVar("doorward_acting_as", default=None)


@contextmanager
def acting_as(subject: EntityLike, tenant: str | None = None) -> Iterator[None]:
    """Ask in the name of `subject` until the block ends; blocks nest, and the inner one replaces all.

    It is a context variable: tasks made inside inherit it, other tasks and threads do not see it, and
    a thread inherits it when it runs in a copied context (`asyncio.to_thread` does that).

    Raises:
        MalformedEntity: the subject is not `type:id`.
    """
    if tenant is not None:
        check_name(tenant, "tenant")
    token = _ACTING.set(Acting(as_entity(subject, "subject"), tenant))
    try:
        yield
    finally:
        _ACTING.reset(token)


def who_is_acting() -> Acting | None:
    """The innermost `acting_as` of this context."""
    return _ACTING.get()
