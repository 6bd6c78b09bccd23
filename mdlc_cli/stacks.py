"""What deployed stacks tell: their outputs, the machines and the tables that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_cli.target import Target

AUDIT_TABLE_OUTPUT = "AuditTableName"
AUDIT_TABLE_ID = "Audit"
"""What the logical id of a home's audit table holds: the id of its construct, which is a contract."""
UPLOAD_RULE_ID = "RulesUploaded"
"""What the logical id of a decision API's event rule holds, by which its rules are accepted."""
DECISION_TABLE_ID = re.compile(r"Decisions[0-9A-F]{8}$")
"""How the logical id of a decision API's table ends: the id of its construct, and a hash."""
DECISION_KEY = "request_id"


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A CloudFormation stack that exists."""

    name: str
    status: str
    outputs: Mapping[str, str]

    def output(self, key: str) -> str | None:
        """The output called ``key``, or the only one whose key holds it (a construct prefixes its own)."""
        if key in self.outputs:
            return self.outputs[key]
        values = [value for name, value in self.outputs.items() if key in name]
        return values[0] if len(values) == 1 else None


def deployed(target: Target, name: str | None = None) -> list[DeployedStack]:
    """The stacks that exist, or the one called ``name``.

    Raises:
        CommandError: no stack is called ``name``.
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
    """The ARNs of the state machines that the stack called ``stack`` made."""
    resources = _resources(target, stack, "AWS::StepFunctions::StateMachine")
    return {resource["PhysicalResourceId"] for resource in resources}


def audit_tables(target: Target, stack: str | None = None) -> list[str]:
    """The audit tables of stacks: named by an output whose key holds ``AuditTableName``, or made by one.

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
    """The tables in which decision APIs of stacks record their decisions; nothing when there is none."""
    client = target.client("dynamodb")
    names = (
        resource["PhysicalResourceId"]
        for each in deployed(target, stack)
        for resource in _resources(target, each.name, "AWS::DynamoDB::Table")
        if DECISION_TABLE_ID.search(resource["LogicalResourceId"])
    )
    # A team may have a table of that name, too; what its key is tells them apart.
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
    """The resources of a type that a stack made; one that it never came to make has no physical id."""
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
    """What all pages of an operation's answer hold in a member."""
    for page in client.get_paginator(operation).paginate(**request):
        yield from page[member]


def _choice(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"choose one of {listed}" if listed else "deploy it with `mdlc deploy`"
