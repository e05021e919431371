"""Resource templates: `"agents:{agent_id}"` over the arguments of a call, checked when a function is guarded."""

from __future__ import annotations

import inspect
import re
from string import Formatter
from typing import TYPE_CHECKING, Callable

from doorward_sdk.entities import Entity, as_entity, check_type, problem_of_id
from doorward_sdk.errors import MalformedEntity, TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Arguments = Mapping[str, object]

_FIELD = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
_MANY = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


class Template:
    """A text with `{argument}` and `{argument.attribute}` in it; `{{` and `}}` stand for braces.

    Raises:
        TemplateError: it is malformed, or names an argument that `function` does not have.
    """

    def __init__(self, text: str, function: Callable[..., object]) -> None:
        self._text = text
        self._function = getattr(function, "__qualname__", repr(function))
        self._pieces = list(self._parsed())
        self.is_constant = all(path is None for _, path in self._pieces)
        if not self.is_constant:
            self._check_names(inspect.signature(function).parameters)

    def render(self, arguments: Arguments) -> str:
        """The text with the values in their places.

        Raises:
            MalformedEntity: a value cannot be part of an id.
            TemplateError: a value lacks the attribute that the template names.
        """
        return "".join(
            literal if path is None else literal + self._value(path, arguments) for literal, path in self._pieces
        )

    def _parsed(self) -> Iterator[tuple[str, str | None]]:
        try:
            for literal, path, form, conversion in Formatter().parse(self._text):
                if path is not None and (form or conversion or not _FIELD.match(path)):
                    raise self._error(f"write {{argument}} or {{argument.attribute}}, not {{{path}...}}")
                yield literal, path
        except ValueError as error:
            raise error if isinstance(error, TemplateError) else self._error(str(error)) from None

    def _check_names(self, parameters: Mapping[str, inspect.Parameter]) -> None:
        names = [name for name, parameter in parameters.items() if parameter.kind not in _MANY]
        for _, path in self._pieces:
            if path is not None and path.partition(".")[0] not in names:
                have = ", ".join(names) or "none"
                raise self._error(f"there is no argument {path.partition('.')[0]!r}; it has: {have}")

    def _value(self, path: str, arguments: Arguments) -> str:
        name, *attributes = path.split(".")
        value = arguments[name]
        for attribute in attributes:
            try:
                value = getattr(value, attribute)
            except AttributeError:
                raise self._error(f"a {type(value).__name__} has no attribute {attribute!r}") from None
        text = _id_text(value)
        problem = f"is a {type(value).__name__}, which is no id" if text is None else problem_of_id(text)
        if text is None or problem is not None:
            raise MalformedEntity(f"{{{path}}} of {self._function} {problem}")
        if text == "*":  # whoever supplies the value would choose the whole type instead of one resource
            raise MalformedEntity(f"{{{path}}} of {self._function} is '*', which is no id; write it in the template")
        return text

    def _error(self, problem: str) -> TemplateError:
        return TemplateError(f"template {self._text!r} of {self._function}: {problem}")


class ResourceTemplate:
    """A template of `type:id`. The colon that parts the two stands in the template, never in a value.

    Raises:
        TemplateError: it does not fit `function`.
        MalformedEntity: it is not of the form `type:id`.
    """

    def __init__(self, text: str, function: Callable[..., object]) -> None:
        type_text, colon, id_text = text.partition(":")
        if not colon:
            raise MalformedEntity(f"resource {text!r}: write 'type:id', like 'agents:{{agent_id}}' or 'agents:*'")
        self._type = Template(type_text, function)
        self._id = Template(id_text, function)
        if self._type.is_constant:
            check_type(self._type.render({}))
        self.is_constant = self._type.is_constant and self._id.is_constant
        self._constant = as_entity(f"{type_text}:{self._id.render({})}", "resource") if self.is_constant else None

    def render(self, arguments: Arguments) -> Entity:
        """The resource that a call with these arguments is about."""
        return self._constant or Entity(self._type.render(arguments), self._id.render(arguments))


def _id_text(value: object) -> str | None:
    """The value as part of an id, None for what only has a representation, such as None or a list."""
    if isinstance(value, str):
        return str.__str__(value)  # the value of a string enumeration, not its name
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__repr__(value)
    if isinstance(value, bytes) or type(value).__str__ is object.__str__:
        return None
    return str(value)
