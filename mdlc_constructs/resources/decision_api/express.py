"""The Express machine as resources: its role, its log group, and how API Gateway starts it."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.placeholders import names_in
from mdlc_constructs.resources import permissions
from mdlc_constructs.resources.decision_api.gateway import Route
from mdlc_constructs.resources.decision_api.mapping import (
    LONGEST_INTEGRATION_MS,
    STATUSES,
    execution_answer,
    execution_request,
    unavailable,
)
from mdlc_constructs.resources.decision_api.permissions import starting
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.permissions import Role

LINT = ("E3601",)
"""cfn-lint reads a definition without its substitutions; `Machine.check` judges the definition instead."""

JSON = "application/json"


def make_machine(
    scope: Construct, home: ModelHome, machine: Machine, *, name: str, log_rows: bool
) -> sfn.StateMachine:
    """The checked machine as a resource.

    Args:
        log_rows: log every step with its data instead of errors without.
    """
    role = Role(
        scope,
        "MachineRole",
        service="states.amazonaws.com",
        statements=machine.statements(),
        bindings=cast(Mapping[str, str], machine.bindings),
    )
    substitutions = {**permissions.deployment(), **machine.substitutions()}
    used = names_in(machine.definition())
    group = home.log_group(scope, "MachineLogs", f"/aws/vendedlogs/states/{name}")
    made = sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        state_machine_type=sfn.StateMachineType.EXPRESS,
        definition_body=sfn.DefinitionBody.from_string(machine.definition()),
        definition_substitutions={key: str(value) for key, value in substitutions.items() if key in used},
        role=role.principal,
        comment=machine.comment,
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=logs.LogGroup.from_log_group_name(scope, "MachineLogsByName", group.ref),
            level=sfn.LogLevel.ALL if log_rows else sfn.LogLevel.ERROR,
            include_execution_data=log_rows,
        ),
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(home.key),
    )
    resource = cast(sfn.CfnStateMachine, made.node.default_child)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": list(LINT)}})
    return made


def machine_route(scope: Construct, home: ModelHome, machine_arn: str, *, path: str) -> Route:
    """The route that runs the machine and answers with what it answers."""
    role = Role(
        scope,
        "StartRole",
        service="apigateway.amazonaws.com",
        statements=starting("${MachineArn}"),
        bindings={**home.bindings, "MachineArn": machine_arn},
    )
    return Route(
        path=path,
        integration={
            "type": "AWS",
            "integrationHttpMethod": "POST",
            "uri": f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:states:action/StartSyncExecution",
            "credentials": role.arn,
            # What is not JSON is answered with 415 instead of being handed on as it is.
            "passthroughBehavior": "NEVER",
            "requestTemplates": {JSON: execution_request(machine_arn)},
            "timeoutInMillis": LONGEST_INTEGRATION_MS,
            "integrationResponses": [
                {"statusCode": "200", "responseTemplates": {JSON: execution_answer()}},
                # Step Functions itself refused: throttled, or without permission.
                {
                    "statusCode": "503",
                    "selectionPattern": "[45]\\d{2}",
                    "responseTemplates": {JSON: unavailable()},
                },
            ],
        },
        statuses=tuple(dict.fromkeys(("200", *(str(status) for status in STATUSES.values()), "503"))),
    )
