"""Reads deployed stacks: their outputs, resources and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_client.aws import AwsClients

AUDIT_TABLE_OUTPUT = "AuditTableName"
AUDIT_TABLE_ID = "Audit"
"""The construct id in the logical id of a model home's audit table; construct ids are a contract."""
DECISION_TABLE_ID = re.compile(r"Decisions[0-9A-F]{8}$")
"""The end of the logical id of a decision API's table: the construct id and a hash."""
DECISION_KEY = "request_id"
TABLE = "AWS::DynamoDB::Table"


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


def existing(aws: AwsClients) -> list[DeployedStack]:
    """All existing stacks."""
    return [
        DeployedStack(
            name=stack["StackName"],
            status=stack["StackStatus"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
        )
        for stack in pages(aws.client("cloudformation"), "describe_stacks", "Stacks")
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]


def audit_tables(aws: AwsClients, stack: DeployedStack) -> set[str]:
    """A stack's audit tables: from outputs with ``AuditTableName`` in the key, else from its resources."""
    from_outputs = {value for key, value in stack.outputs.items() if AUDIT_TABLE_OUTPUT in key}
    if from_outputs:
        return from_outputs
    tables = created(aws, stack.name, TABLE)
    return {table["PhysicalResourceId"] for table in tables if AUDIT_TABLE_ID in table["LogicalResourceId"]}


def decision_tables(aws: AwsClients, stack: str) -> list[str]:
    """The tables in which a stack's decision APIs record their decisions."""
    client = aws.client("dynamodb")
    names = (
        table["PhysicalResourceId"]
        for table in created(aws, stack, TABLE)
        if DECISION_TABLE_ID.search(table["LogicalResourceId"])
    )
    # Another table may have such a logical id too; a decision table also has this key.
    return [
        table
        for table in sorted(names)
        if [key["AttributeName"] for key in client.describe_table(TableName=table)["Table"]["KeySchema"]]
        == [DECISION_KEY]
    ]


def created(aws: AwsClients, stack: str, kind: str) -> list[dict[str, Any]]:
    """A stack's resources of a type; one without a physical id was never created and is left out."""
    return [
        resource
        for resource in resources(aws, stack)
        if resource["ResourceType"] == kind and "PhysicalResourceId" in resource
    ]


def resources(aws: AwsClients, stack: str) -> Iterator[dict[str, Any]]:
    """Summaries of a deployed stack's resources."""
    return pages(
        aws.client("cloudformation"), "list_stack_resources", "StackResourceSummaries", StackName=stack
    )


def pages(client: Any, operation: str, member: str, **request: Any) -> Iterator[dict[str, Any]]:
    """The items of one member of an operation's answer, from all pages."""
    for page in client.get_paginator(operation).paginate(**request):
        yield from page[member]
