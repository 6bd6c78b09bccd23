"""The models of deployed stacks, each with its audit table and what the table holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mdlc_client import audit, lineage, stacks
from mdlc_client.audit import Item
from mdlc_client.aws import AwsClients
from mdlc_client.stacks import DeployedStack

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


def of_stacks(aws: AwsClients, listed: Iterable[DeployedStack], only: str | None = None) -> list[Model]:
    """The models of stacks, or those called ``only``, by name."""
    models = [model for stack in listed for model in _of_stack(aws, stack, only)]
    return sorted(models, key=lambda model: (model.name, model.stack))


def _of_stack(aws: AwsClients, stack: DeployedStack, only: str | None) -> list[Model]:
    # A group's physical id is its ARN on AWS.
    names = [
        str(group["PhysicalResourceId"]).rpartition("/")[2]
        for group in stacks.created(aws, stack.name, PACKAGE_GROUP)
    ]
    if not names or (only is not None and only not in names):
        return []
    tables = sorted(stacks.audit_tables(aws, stack))
    by_name: dict[str, Model] = {}
    for table in tables:
        for name in names:
            items = tuple(audit.items(aws, table, model=name)) if only in (None, name) else ()
            if items:
                by_name[name] = Model(name=name, stack=stack.name, table=table, items=items)
    unused = [table for table in tables if table not in {model.table for model in by_name.values()}]
    silent = [name for name in names if name not in by_name and only in (None, name)]
    # A model without items is known by its group; its table is the one that no other model uses.
    fresh = [
        Model(name=name, stack=stack.name, table=table) for name, table in zip(silent, unused, strict=False)
    ]
    return [*by_name.values(), *fresh]
