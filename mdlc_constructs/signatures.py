"""Signatures with named arguments where Python would show `*args, **kwargs`, for `help` and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspect import Signature


class ConstructorSignature:
    """The signature of a construct's class: that of its `__init__`, also for subclasses.

    The metaclass of jsii defines `__call__`, so Python shows its `*args, **kwargs` for every construct unless
    the class has a `__signature__`.
    """

    def __get__(self, instance: object, owner: type) -> Signature:
        """The arguments of the owner's constructor."""
        from inspect import signature

        whole = signature(owner.__init__)  # type: ignore[misc]  # of the very class, not of an instance
        return whole.replace(parameters=list(whole.parameters.values())[1:])


def show_fields(make: Callable[..., object]) -> None:
    """Make a class method that takes its dataclass's fields by `**Unpack[...]` show them with their defaults.

    Types come from the unpacked `TypedDict`, defaults from the dataclass.
    """
    from dataclasses import MISSING, fields
    from inspect import Parameter, signature
    from typing import get_type_hints

    assert isinstance(make, MethodType) and isinstance(make.__self__, type)
    function = make.__func__
    whole = signature(function)
    *named, options = whole.parameters.values()
    (unpacked,) = get_type_hints(function)[options.name].__args__
    defaults = {field.name: field.default for field in fields(make.__self__)}
    shown = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=Parameter.empty if defaults[name] is MISSING else defaults[name],
        )
        for name, annotation in get_type_hints(unpacked).items()
    ]
    function.__signature__ = whole.replace(parameters=[*named, *shown])  # type: ignore[attr-defined]
