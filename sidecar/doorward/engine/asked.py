"""A question as the evaluator works on it: values in the model's order, roles held, and what conditions read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from doorward.domain.access import NO_TENANT, DecisionError, Question, role_names
from doorward.engine.index.tree import Held
from doorward.engine.language import patterns
from doorward.engine.model import CTX, Model

if TYPE_CHECKING:
    from doorward.engine.index.rules import Rule

Read = Callable[[Question], Sequence[Any]]
Stored = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Declared attributes of a subject and a resource."""
_NOTHING: Final[Mapping[str, Any]] = {}


class Asked:
    """One question under way. The context is made when a condition first needs it; `known` is None before."""

    __slots__ = ("_make", "absent", "failures", "held", "known", "now", "values")

    def __init__(
        self, values: Sequence[Any], held: Held, now: float, make_context: Callable[[], dict[str, Any]]
    ) -> None:
        self.values = values
        self.held = held
        self.now = now
        self.absent: list[str] = []
        self.failures: dict[Rule, DecisionError] = {}
        self._make = make_context
        self.known: dict[str, Any] | None = None

    @property
    def context(self) -> dict[str, Any]:
        """What conditions and attribute paths read."""
        if self.known is None:
            self.known = self._make()
        return self.known


def value_reader(model: Model) -> Read:
    """Reads the request's values from a question in the model's own order (`ctx` as an empty place)."""
    names = [token if token != CTX else "act" for token in model.tokens]
    read: Callable[[Question], Any] = attrgetter(*names)
    if len(names) == 1:
        only = read
        read = lambda question: (only(question),)  # noqa: E731 - the one-token form of the same
    if not model.derived:
        return read
    return lambda question: with_derived(model, read(question))


def with_derived(model: Model, values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a request with those that pattern functions derive from them."""
    return (*values, *(patterns.derived(function, values[token]) for token, function in model.derived))


def enforced_context(  # noqa: PLR0913 - what a question by position carries
    model: Model,
    values: Sequence[Any],
    stored: Stored,
    roles: Iterable[str],
    *,
    now: float,
    address: str,
) -> dict[str, Any]:
    """What a question by position lets conditions read: its tokens under `r`, and `ctx` as far as tokens tell it.

    `stored` has the declared attributes of subject and resource; the asker's own `ctx` becomes `ctx.context`.
    """
    tokens = dict(zip(model.tokens, values, strict=False))
    own = tokens.pop(CTX, None)
    context: dict[str, Any] = {"r": tokens}
    if model.has_ctx:
        dom = tokens.get("dom")
        context |= {
            "subject": {**stored[0], **_entity(tokens.get("sub")), "roles": role_names(roles)},
            "resource": {**stored[1], **_entity(tokens.get("obj"))},
            "action": {"name": tokens.get("act")},
            "tenant": {"id": dom} if isinstance(dom, str) and dom != NO_TENANT else {},
            "env": {"time": now, "address": address or None},
            "context": own if isinstance(own, Mapping) else _NOTHING,
        }
    return context


def _entity(token: object) -> dict[str, Any]:
    """`TYPE:ID` as an entity; a text without a type is an id; an object is what it says."""
    if isinstance(token, str):
        kind, colon, name = token.partition(":")
        return {"type": kind, "id": name} if colon else {"id": token}
    return dict(token) if isinstance(token, Mapping) else {}
