"""A checked machine as a resource: its role, its log group, and the text of the definition."""

from collections.abc import Mapping
from typing import cast

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
    """The machine, encrypted with the model's key, traced, and logged for a year.

    Args:
        prefix: begins the ids of its role and log group.
        logs_everything: every step with its data; otherwise errors alone, without data.
    """
    role = Role(
        scope,
        f"{prefix}Role",
        service="states.amazonaws.com",
        statements=machine.statements(),
        bindings=cast(Mapping[str, str], machine.bindings),
    )
    group = home.log_group(scope, f"{prefix}Logs", f"/aws/vendedlogs/states/{name}")
    substitutions = {**permissions.deployment(), **machine.substitutions()}
    definition = machine.definition()
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
        # By its ARN: to a key that it could complete, the CDK adds a statement for log delivery without a
        # condition. The model's key has one already, with it.
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(
            kms.Key.from_key_arn(scope, f"{prefix}KeyByArn", home.key_arn)
        ),
    )
