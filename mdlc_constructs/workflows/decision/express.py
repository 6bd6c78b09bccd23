"""The resources of the Express machine: its role, its log group, and the API's route that starts it."""

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
"""cfn-lint rules to ignore: it reads a definition without substitutions. `asl.check` validates it instead."""

JSON = "application/json"


def make_machine(
    scope: Construct, home: ModelHome, machine: Machine, *, name: str, log_rows: bool
) -> sfn.StateMachine:
    """Create the state machine's resource from a checked machine.

    Args:
        scope: the scope of the resource.
        home: the model's home.
        machine: the machine.
        name: the state machine's name.
        log_rows: whether to log all steps with their data, or else errors without data.
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
    """The API's route that executes the machine and returns its output."""
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
            # Content types other than JSON are rejected with 415 instead of being passed through.
            "passthroughBehavior": "NEVER",
            "requestTemplates": {JSON: execution_request(machine_arn)},
            "timeoutInMillis": MAX_INTEGRATION_MS,
            "integrationResponses": [
                {"statusCode": "200", "responseTemplates": {JSON: execution_answer()}},
                # Step Functions itself rejected the call: throttling, or missing permissions.
                {
                    "statusCode": "503",
                    "selectionPattern": "[45]\\d{2}",
                    "responseTemplates": {JSON: unavailable()},
                },
            ],
        },
        statuses=tuple(dict.fromkeys(("200", *(str(status) for status in STATUSES.values()), "503"))),
    )
