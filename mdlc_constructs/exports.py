"""Lazy public names (PEP 562): importing a pure submodule must not import all the others, nor aws_cdk."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import InspectLoader


def lazily(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package whose public names are listed under `TYPE_CHECKING`.

    Imports that type checkers see there (`from room.module import Name as Name`) happen at run time when the
    name is first accessed; the name is then an ordinary attribute of the package. `__all__` has the same
    names. The package's source is read at the first such access, not at import, because functions on AWS
    import submodules only.
    """

    def find(name: str) -> object:
        modules = public_names(package)
        if name == "__all__":
            return list(modules)
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public_names(package)})

    return find, listed


@cache
def public_names(package: str) -> Mapping[str, str]:
    """A package's public names, mapped to the modules that define them."""
    spec = import_module(package).__spec__
    assert spec is not None
    # A zip's loader has the source too, but no path on disk.
    source = cast("InspectLoader", spec.loader).get_source(package) or ""
    return {
        alias.name: str(node.module)
        for block in ast.parse(source).body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
