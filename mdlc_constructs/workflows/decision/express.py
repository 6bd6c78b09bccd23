"""The Express machine as resources: its role, its log group, and how API Gateway starts it."""

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.resources.state_machines import new_state_machine
from mdlc_constructs.workflows.decision.gateway import Route
from mdlc_constructs.workflows.decision.mapping import (
    MAX_INTEGRATION_MS,
    STATUSES,
    execution_answer,
    execution_request,
    unavailable,
)
from mdlc_constructs.workflows.decision.permissions import starting

LINT = ("E3601",)
"""cfn-lint reads a definition without its substitutions; `asl.check` judges the definition instead."""

JSON = "application/json"


def make_machine(
    scope: Construct, home: ModelHome, machine: Machine, *, name: str, log_rows: bool
) -> sfn.StateMachine:
    """The checked machine as a resource.

    Args:
        log_rows: log every step with its data instead of errors without.
    """
    state_machine = new_state_machine(
        scope,
        "Machine",
        home,
        machine,
        name=name,
        prefix="Machine",
        express=True,
        logs_everything=log_rows,
    )
    resource = cast(sfn.CfnStateMachine, state_machine.node.default_child)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": list(LINT)}})
    return state_machine


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
            "timeoutInMillis": MAX_INTEGRATION_MS,
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
