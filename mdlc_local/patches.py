"""Replaces private attributes of ministack and moto, after checking that they are as expected.

Both packages are pinned to exact versions, because this server replaces private parts of them, which may
change in any release. Every such attribute is read and replaced through this module, which checks that it
exists and has the expected parameters. So when a pin changes, the server does not start and names the
attribute that changed.
"""

import functools
import importlib
import importlib.metadata
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_local.errors import LocalAwsError

REQUIREMENTS = Path(__file__).parent / "requirements.in"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s#;]+)", re.MULTILINE)


class PatchMovedError(LocalAwsError, RuntimeError):
    """A pinned package, or a private attribute of it, is not what this server was written for."""


@dataclass(frozen=True, order=True)
class PatchedPlace:
    """A private attribute of a module, or of a class in it.

    Attributes:
        owner: the module's name, followed by ``:Class`` for an attribute of a class.
        attribute: the attribute's name.
    """

    owner: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.attribute}"


_replaced: dict[PatchedPlace, int] = {}


def take(owner: str, attribute: str, parameters: str | None = None) -> Any:
    """The value of a private attribute.

    Args:
        owner: the module's name, followed by ``:Class`` for an attribute of a class.
        attribute: the attribute's name.
        parameters: the names of the expected parameters, separated by spaces; None to check no parameters.

    Raises:
        PatchMovedError: when it does not exist or has other parameters.
    """
    place = PatchedPlace(owner, attribute)
    original = getattr(_resolve(place), attribute, None)
    if original is None:
        raise PatchMovedError(
            f"{_package(place)} has no {place} any more: adapt mdlc_local to it or keep the pinned version"
        )
    if parameters is not None:
        actual = list(inspect.signature(original).parameters)
        if actual != parameters.split():
            raise PatchMovedError(
                f"{place} of {_package(place)} takes ({', '.join(actual)}), no longer "
                f"({', '.join(parameters.split())}): adapt mdlc_local to it or keep the pinned version"
            )
    return original


def replace(owner: str, attribute: str, replacement: Any) -> None:
    """Replace a private attribute; a new function keeps the name and signature of the original."""
    place = PatchedPlace(owner, attribute)
    original = take(owner, attribute)
    if inspect.isfunction(replacement) and callable(original) and replacement is not original:
        replacement = functools.wraps(original)(replacement)
    setattr(_resolve(place), attribute, replacement)
    _replaced[place] = _replaced.get(place, 0) + 1


def wrap(owner: str, attribute: str, parameters: str, wrapper: Callable[[Any], Any]) -> None:
    """Replace a private function by the result of `wrapper`.

    Args:
        owner: as for `take`.
        attribute: as for `take`.
        parameters: as for `take`.
        wrapper: takes the original function and returns the replacement.

    Raises:
        PatchMovedError: as for `take`.
    """
    replace(owner, attribute, wrapper(take(owner, attribute, parameters)))


def replaced() -> dict[str, int]:
    """The private attributes replaced in this process, and how often each was replaced."""
    return {str(place): times for place, times in sorted(_replaced.items())}


def check_versions() -> dict[str, str]:
    """The installed versions of the exactly pinned packages.

    Raises:
        PatchMovedError: when one is not the pinned version.
    """
    pins = dict(_PIN.findall(REQUIREMENTS.read_text()))
    installed = {name: importlib.metadata.version(name) for name in pins}
    for name, version in pins.items():
        if installed[name] != version:
            raise PatchMovedError(
                f"{name} {installed[name]} is installed but mdlc_local is written for {version}: "
                "make the embedded environment anew from mdlc_local/requirements.lock"
            )
    return installed


def _resolve(place: PatchedPlace) -> Any:
    module, _, name = place.owner.partition(":")
    owner: Any = importlib.import_module(module)
    if name:
        owner = getattr(owner, name, None)
        if owner is None:
            raise PatchMovedError(f"{_package(place)} has no {place.owner} any more: adapt mdlc_local to it")
    return owner


def _package(place: PatchedPlace) -> str:
    package = place.owner.partition(".")[0]
    # A package's distribution may have another name, such as airspeed's.
    names = importlib.metadata.packages_distributions().get(package, [package])
    return f"{package} {importlib.metadata.version(names[0])}"
