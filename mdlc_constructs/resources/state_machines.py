"""A state machine resource from a checked `asl.Machine`, with its role and log group."""

import json
from collections.abc import Mapping
from typing import cast
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.placeholders import names_in
from mdlc_constructs.resources import permissions
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.permissions import Role


def new_state_machine(
    scope: Construct,
    id_: str,
    home: ModelHome,
    machine: Machine,
    *,
    name: str,
    prefix: str = "",
    express: bool = False,
    logs_everything: bool = True,
) -> sfn.StateMachine:
    """A new state machine, encrypted with the model's key, with X-Ray and logs that are kept for a year.

    Args:
        prefix: the construct ids of its role and log group begin with it.
        logs_everything: whether all events are logged with execution data; otherwise only errors, without
            data.

    Raises:
        ValueError: when the definitions of the stack's machines do not fit into a template.
    """
    definition = machine.definition()
    _check_template(Stack.of(scope), definition)
    role = Role(
        scope,
        f"{prefix}Role",
        service="states.amazonaws.com",
        statements=machine.statements(),
        bindings=cast(Mapping[str, str], machine.bindings),
    )
    group = home.log_group(scope, f"{prefix}Logs", f"/aws/vendedlogs/states/{name}")
    substitutions = {**permissions.deployment(), **machine.substitutions()}
    used = names_in(definition)
    return sfn.StateMachine(
        scope,
        id_,
        state_machine_name=name,
        state_machine_type=sfn.StateMachineType.EXPRESS if express else None,
        definition_body=sfn.DefinitionBody.from_string(definition),
        definition_substitutions={key: str(value) for key, value in substitutions.items() if key in used},
        role=role.principal,
        comment=machine.comment,
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=logs.LogGroup.from_log_group_name(scope, f"{prefix}LogsByName", group.ref),
            level=sfn.LogLevel.ALL if logs_everything else sfn.LogLevel.ERROR,
            include_execution_data=logs_everything,
        ),
        # By its ARN: to the policy of a key of the app, the CDK would add a statement for log delivery
        # without a condition. The policy of the model's key already has one with a condition.
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(
            kms.Key.from_key_arn(scope, f"{prefix}KeyByArn", home.key_arn)
        ),
    )


MAX_TEMPLATE_BYTES = 1_000_000
"""The maximum size in bytes of a template that CloudFormation reads from S3.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

_definitions: WeakKeyDictionary[Stack, int] = WeakKeyDictionary()
"""The size in bytes of the definitions in a stack's template so far."""


def _check_template(stack: Stack, definition: str) -> None:
    # In the template the definition is a JSON string, so its quotes are escaped once more.
    size = len(json.dumps(definition, ensure_ascii=False).encode("utf-8", "replace"))
    total = _definitions.get(stack, 0) + size
    if total > MAX_TEMPLATE_BYTES:
        raise ValueError(
            f"The state machines of the stack {stack.stack_name!r} have {total} bytes in its template, and "
            f"CloudFormation takes {MAX_TEMPLATE_BYTES} in all: put this workflow into a second stack, or "
            f"declare fewer columns."
        )
    _definitions[stack] = total
