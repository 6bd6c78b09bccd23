"""The models of deployed stacks, each with its audit table and what the table holds."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from mdlc_cli import stacks
from mdlc_cli.errors import CommandError
from mdlc_cli.target import Target
from mdlc_client import audit, lineage
from mdlc_client.audit import Item

PACKAGE_GROUP = "AWS::SageMaker::ModelPackageGroup"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model of a deployed stack.

    Attributes:
        name: the model's name, which is also its package group's.
        stack: the stack that made it.
        table: its audit table.
        items: its items in the audit table; none before the first execution has ended.
    """

    name: str
    stack: str
    table: str
    items: tuple[Item, ...] = ()

    @property
    def bucket(self) -> str | None:
        """The model's bucket, which the audit items name; None before the first training."""
        return lineage.bucket_of(self.items)


def deployed(target: Target, *, stack: str | None = None, model: str | None = None) -> list[Model]:
    """The models of all deployed stacks, or those that ``stack`` and ``model`` select, by name.

    Raises:
        CommandError: there is no such stack.
    """
    listed = [
        each
        for each_stack in stacks.deployed(target, stack)
        for each in _of_stack(target, each_stack.name, model)
    ]
    return sorted(listed, key=lambda each: (each.name, each.stack))


def choose(target: Target, *, stack: str | None = None, model: str | None = None) -> Model:
    """The one model that ``stack`` and ``model`` select.

    Raises:
        CommandError: none or several match.
    """
    fitting = deployed(target, stack=stack, model=model)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = sorted({each.name for each in fitting})
        if len(names) > 1:
            raise CommandError(f"several models are deployed ({', '.join(names)}): name one with --model")
        where = ", ".join(each.stack for each in fitting)
        raise CommandError(f"model {names[0]} is in several stacks ({where}): name one with --stack")
    names = sorted({each.name for each in deployed(target, stack=stack)}) if model is not None else []
    if not names:
        where = f"stack {stack!r} has no model" if stack else "no model is deployed"
        raise CommandError(f"{where}: deploy a model home with `mdlc deploy`")
    near = difflib.get_close_matches(str(model), names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
    raise CommandError(f"no model is called {model!r}: {remedy}")


def _of_stack(target: Target, stack: str, only: str | None) -> list[Model]:
    resources = [each for each in stacks.resources(target, stack) if "PhysicalResourceId" in each]
    groups = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == PACKAGE_GROUP]
    # A group's physical id is its ARN on AWS.
    names = [str(group).rpartition("/")[2] for group in groups]
    if not names or (only is not None and only not in names):
        return []
    tables = stacks.audit_tables(target, stack)
    by_name: dict[str, Model] = {}
    for table in tables:
        for name in names:
            items = tuple(audit.items(target, table, model=name)) if only in (None, name) else ()
            if items:
                by_name[name] = Model(name=name, stack=stack, table=table, items=items)
    unused = [table for table in tables if table not in {model.table for model in by_name.values()}]
    silent = [name for name in names if name not in by_name and only in (None, name)]
    # A model without items is known by its group; its table is the one that no other model uses.
    fresh = [Model(name=name, stack=stack, table=table) for name, table in zip(silent, unused, strict=False)]
    return [*by_name.values(), *fresh]
