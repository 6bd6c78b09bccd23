"""Reads deployed stacks: their outputs, state machines and tables."""

from __future__ import annotations

from collections.abc import Iterable

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_client import stacks
from mdlc_client.stacks import DeployedStack as DeployedStack
from mdlc_client.stacks import pages as pages
from mdlc_client.stacks import resources as resources

UPLOAD_RULE_ID = "RulesUploaded"
"""The construct id in the logical id of the event rule by which a decision API accepts rules."""


def deployed(target: Target, name: str | None = None) -> list[DeployedStack]:
    """All existing stacks, or only the stack ``name``.

    Raises:
        CommandError: there is no stack ``name``.
    """
    standing = stacks.existing(target)
    if name is None:
        return standing
    named = [stack for stack in standing if stack.name == name]
    if not named:
        raise CommandError(f"stack {name!r} is not deployed: {_choice(stack.name for stack in standing)}")
    return named


def machine_arns(target: Target, stack: str) -> set[str]:
    """The ARNs of the state machines of the stack ``stack``."""
    state_machines = stacks.created(target, stack, "AWS::StepFunctions::StateMachine")
    return {resource["PhysicalResourceId"] for resource in state_machines}


def audit_tables(target: Target, stack: str | None = None) -> list[str]:
    """The audit tables of stacks: from outputs with ``AuditTableName`` in the key, else from resources.

    Raises:
        CommandError: no stack has one.
    """
    tables = {table for each in deployed(target, stack) for table in stacks.audit_tables(target, each)}
    if not tables:
        where = f"stack {stack!r} has no" if stack else "no deployed stack has an"
        raise CommandError(f"{where} audit table: deploy a model home with `mdlc deploy`")
    return sorted(tables)


def decision_tables(target: Target, stack: str | None = None) -> list[str]:
    """The tables in which the stacks' decision APIs record their decisions."""
    tables = (stacks.decision_tables(target, each.name) for each in deployed(target, stack))
    return sorted(table for names in tables for table in names)


def upload_rules(target: Target, stack: str) -> list[str]:
    """The names of the event rules by which a stack's decision APIs accept rules."""
    event_rules = stacks.created(target, stack, "AWS::Events::Rule")
    return [rule["PhysicalResourceId"] for rule in event_rules if UPLOAD_RULE_ID in rule["LogicalResourceId"]]


def _choice(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"choose one of {listed}" if listed else "deploy it with `mdlc deploy`"
