"""Releases of a model: which versions served one after the other, and what a way back leads to."""

from __future__ import annotations

from collections.abc import Iterable

from mdlc_cli.audit import Item
from mdlc_cli.errors import CommandError
from mdlc_cli.history import explained
from mdlc_cli.machines import StateMachine
from mdlc_cli.running import Result

WORKFLOW = "release"
NOTHING_BEFORE = "0"
"""What a release's audit item holds as the version it replaced when there was none."""


def model_of(machine: StateMachine) -> str:
    """The model whose release machine this is; its name begins the machine's."""
    return machine.name.removesuffix(f"-{WORKFLOW}")


def served(found: Iterable[Item]) -> list[int]:
    """The versions that served one after the other, the one that serves now last.

    A release of a version that served before is a way back: it takes what came after it off the list, so
    that going back twice leads two versions back and not to where the first way back began.

    Args:
        found: a model's audit items, in any order.
    """
    path: list[int] = []
    for item in sorted(found, key=lambda item: str(item["sk"])):
        if item.get("workflow") != WORKFLOW or item.get("outcome") != "Succeeded":
            continue
        version, replaced = int(item["version"]), str(item.get("replaced", NOTHING_BEFORE))
        if not path and replaced not in (NOTHING_BEFORE, str(version)):
            path.append(int(replaced))
        if version in path:
            del path[path.index(version) + 1 :]
        else:
            path.append(version)
    return path


def before(found: Iterable[Item], model: str) -> tuple[int, int]:
    """The version that serves, and the one that served before it.

    Raises:
        CommandError: there is no way back.
    """
    path = served(found)
    if len(path) < 2:
        serving = f"version {path[0]} was the first" if path else "nothing was released yet"
        raise CommandError(
            f"{model} has no version to go back to ({serving}): name an approved one with "
            "`mdlc rollback --to N`, or release one with `mdlc release`"
        )
    return path[-1], path[-2]


def failure(result: Result, version: int | None) -> str:
    """One sentence on why a release failed."""
    what = "the newest approved version" if version is None else f"version {version}"
    why = f"{result.error or result.status}: {explained(result.cause) or 'no cause was given'}".rstrip(". ")
    return f"{what} was not released ({why}): see `mdlc audit` and `mdlc logs`"
