"""A griffe extension that shows `**options: Unpack[...]` in the reference as single arguments.

The types come from the `TypedDict` and its bases, the defaults from the dataclass that the function returns.
`griffe.UnpackTypedDictExtension` supports neither bases nor defaults.
"""

from collections.abc import Iterator
from typing import Any

from griffe import Class, Extension, Function, Parameter, ParameterKind


class ShowUnpacked(Extension):  # type: ignore[misc]
    """Replaces the arguments of all functions of a package after it is loaded."""

    def on_package(self, *, pkg: Any, loader: Any, **_: Any) -> None:
        """Called by griffe with the loaded package and its loader."""
        for function in _functions(pkg):
            for parameter in list(function.parameters):
                if parameter.kind is ParameterKind.var_keyword and _unpacked(parameter, pkg):
                    del function.parameters[parameter.name]
                    for name, shown in _shown(function, _unpacked(parameter, pkg), pkg).items():
                        function.parameters[name] = shown


def _functions(item: Any) -> Iterator[Function]:
    for member in item.members.values():
        if member.is_alias:
            continue
        if member.is_function:
            yield member
        elif member.is_module or member.is_class:
            yield from _functions(member)


def _unpacked(parameter: Parameter, package: Any) -> Class | None:
    annotation = parameter.annotation
    if getattr(annotation, "canonical_path", "") != "typing.Unpack":
        return None
    return _class(annotation.slice.canonical_path, package)


def _shown(function: Function, typed_dict: Class, package: Any) -> dict[str, Parameter]:
    defining_class = _class(
        getattr(function.returns, "canonical_path", str(function.returns)), package, function
    )
    defaults = (
        {name: member.value for name, member in defining_class.attributes.items()} if defining_class else {}
    )
    return {
        name: Parameter(
            name,
            annotation=attribute.annotation,
            kind=ParameterKind.keyword_only,
            default=None if (default := defaults.get(name)) is None else str(default),
        )
        for name, attribute in _attributes(typed_dict, package).items()
    }


def _attributes(typed_dict: Class, package: Any) -> dict[str, Any]:
    inherited: dict[str, Any] = {}
    for base in typed_dict.bases:
        base_class = _class(base.canonical_path, package)
        inherited |= _attributes(base_class, package) if base_class else {}
    return {**inherited, **typed_dict.attributes}


def _class(path: str, package: Any, function: Function | None = None) -> Class | None:
    """The class of a path, or None outside the package; a bare name is resolved in the function's scope."""
    name = path.strip("\"'")
    if function is not None and "." not in name:
        name = function.resolve(name)
    if not name.startswith(f"{package.path}."):
        return None
    member = package[name.removeprefix(f"{package.path}.")]
    return member.final_target if member.is_alias else member
