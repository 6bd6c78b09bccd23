"""Reads deployed stacks: their outputs, state machines and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_cli.target import Target

AUDIT_TABLE_OUTPUT = "AuditTableName"
AUDIT_TABLE_ID = "Audit"
"""The construct id in the logical id of a model home's audit table; construct ids are a contract."""
UPLOAD_RULE_ID = "RulesUploaded"
"""The construct id in the logical id of the event rule by which a decision API accepts rules."""
DECISION_TABLE_ID = re.compile(r"Decisions[0-9A-F]{8}$")
"""The end of the logical id of a decision API's table: the construct id and a hash."""
DECISION_KEY = "request_id"


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A CloudFormation stack that exists."""

    name: str
    status: str
    outputs: Mapping[str, str]

    def output(self, key: str) -> str | None:
        """The output ``key``, or the only one whose key contains it, as constructs add a prefix."""
        if key in self.outputs:
            return self.outputs[key]
        values = [value for name, value in self.outputs.items() if key in name]
        return values[0] if len(values) == 1 else None


def deployed(target: Target, name: str | None = None) -> list[DeployedStack]:
    """All existing stacks, or only the stack ``name``.

    Raises:
        CommandError: there is no stack ``name``.
    """
    standing = [
        DeployedStack(
            name=stack["StackName"],
            status=stack["StackStatus"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
        )
        for stack in pages(target.client("cloudformation"), "describe_stacks", "Stacks")
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    if name is None:
        return standing
    named = [stack for stack in standing if stack.name == name]
    if not named:
        raise CommandError(f"stack {name!r} is not deployed: {_choice(stack.name for stack in standing)}")
    return named


def machine_arns(target: Target, stack: str) -> set[str]:
    """The ARNs of the state machines of the stack ``stack``."""
    resources = _resources(target, stack, "AWS::StepFunctions::StateMachine")
    return {resource["PhysicalResourceId"] for resource in resources}


def audit_tables(target: Target, stack: str | None = None) -> list[str]:
    """The audit tables of stacks: from outputs with ``AuditTableName`` in the key, else from resources.

    Raises:
        CommandError: no stack has one.
    """
    tables: set[str] = set()
    for each in deployed(target, stack):
        from_outputs = {value for key, value in each.outputs.items() if AUDIT_TABLE_OUTPUT in key}
        resources = _resources(target, each.name, "AWS::DynamoDB::Table") if not from_outputs else []
        tables |= from_outputs or {
            table["PhysicalResourceId"] for table in resources if AUDIT_TABLE_ID in table["LogicalResourceId"]
        }
    if not tables:
        where = f"stack {stack!r} has no" if stack else "no deployed stack has an"
        raise CommandError(f"{where} audit table: deploy a model home with `mdlc deploy`")
    return sorted(tables)


def decision_tables(target: Target, stack: str | None = None) -> list[str]:
    """The tables in which the stacks' decision APIs record their decisions."""
    client = target.client("dynamodb")
    names = (
        resource["PhysicalResourceId"]
        for each in deployed(target, stack)
        for resource in _resources(target, each.name, "AWS::DynamoDB::Table")
        if DECISION_TABLE_ID.search(resource["LogicalResourceId"])
    )
    # Another table may have such a logical id too; a decision table also has this key.
    return [
        table
        for table in sorted(names)
        if [key["AttributeName"] for key in client.describe_table(TableName=table)["Table"]["KeySchema"]]
        == [DECISION_KEY]
    ]


def upload_rules(target: Target, stack: str) -> list[str]:
    """The names of the event rules by which a stack's decision APIs accept rules."""
    resources = _resources(target, stack, "AWS::Events::Rule")
    return [rule["PhysicalResourceId"] for rule in resources if UPLOAD_RULE_ID in rule["LogicalResourceId"]]


def _resources(target: Target, stack: str, kind: str) -> list[dict[str, Any]]:
    """A stack's resources of a type; one without a physical id was never created and is left out."""
    return [
        resource
        for resource in resources(target, stack)
        if resource["ResourceType"] == kind and "PhysicalResourceId" in resource
    ]


def resources(target: Target, stack: str) -> Iterator[dict[str, Any]]:
    """Summaries of a deployed stack's resources."""
    return pages(
        target.client("cloudformation"), "list_stack_resources", "StackResourceSummaries", StackName=stack
    )


def pages(client: Any, operation: str, member: str, **request: Any) -> Iterator[dict[str, Any]]:
    """The items of one member of an operation's answer, from all pages."""
    for page in client.get_paginator(operation).paginate(**request):
        yield from page[member]


def _choice(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"choose one of {listed}" if listed else "deploy it with `mdlc deploy`"
