"""The checks of Step Functions when a machine is created or updated: its definition and its role.

For a ``.sync`` task, Step Functions creates a managed EventBridge rule with the role's permissions, and for
logging a log delivery. Without those permissions it rejects the machine. Source: "IAM policies for integrated
services" and "Using CloudWatch Logs to log execution history" in the AWS documentation.
"""

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import responses

from mdlc_local import iam, patches, trust
from mdlc_local.errors import LocalAwsError
from mdlc_local.states.definitions import Problem, problems_of, refusal
from mdlc_local.states.logging_configuration import LoggingConfiguration

SESSION = "StepFunctions"
PRINCIPAL = "states.amazonaws.com"
STEP_FUNCTIONS = "ministack.services.stepfunctions"
PROVISIONERS = "ministack.services.cloudformation.provisioners"
MACHINE_TYPE = "AWS::StepFunctions::StateMachine"
STANDARD, EXPRESS = "STANDARD", "EXPRESS"
MAX_DIAGNOSTICS = 100
"""The most diagnostics in one answer."""

MANAGED_RULES = {
    "sagemaker:createTrainingJob.sync": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "sagemaker:createProcessingJob.sync": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "sagemaker:createTransformJob.sync": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "sagemaker:createHyperParameterTuningJob.sync": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    "states:startExecution.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
    "states:startExecution.sync:2": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
"""By integration: the name of its managed EventBridge rule."""

RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
DELIVERY_ACTIONS = (
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
    "logs:DescribeLogGroups",
)
"""The actions that a role needs to log executions; none supports resource-level permissions."""


class InvalidDefinitionError(LocalAwsError):
    """Step Functions rejects the machine's definition; the message is AWS's."""


def check(role_arn: str, name: str, definition: str, logging: dict[str, Any], kind: str) -> None:
    """Raise an error for a machine that Step Functions would not create.

    Args:
        role_arn: the machine's role.
        name: the machine's name.
        definition: the machine in the Amazon States Language, as JSON.
        logging: its logging configuration, in the case of the API or of a template.
        kind: STANDARD or EXPRESS.

    Raises:
        iam.AccessDeniedError: when its role lacks a permission that the creation needs.
        InvalidDefinitionError: when Step Functions rejects the definition.
    """
    problems = problems_of(definition, kind)
    if problems:
        raise InvalidDefinitionError(refusal(problems))
    region, account = responses.get_region(), responses.get_account_id()
    arn = f"arn:aws:states:{region}:{account}:stateMachine:{name}"
    if not trust.may_assume(role_arn, PRINCIPAL, account=account, source_arn=arn, region=region):
        raise iam.AccessDeniedError(
            f"Neither the global service principal {PRINCIPAL}, nor the regional one is authorized to assume "
            f"the provided role."
        )
    machine = json.loads(definition)
    for integration in sorted(set(_integrations(machine))):
        rule = MANAGED_RULES.get(integration)
        for action in RULE_ACTIONS if rule else ():
            arn = f"arn:aws:events:{region}:{account}:rule/{rule}"
            reason = iam.denial(role_arn, action, arn, region=region, session=SESSION)
            if reason is not None:
                raise iam.AccessDeniedError(
                    f"'{role_arn}' is not authorized to create managed-rule. {reason}"
                )
    if LoggingConfiguration.of(logging) is not None:
        for action in DELIVERY_ACTIONS:
            reason = iam.denial(role_arn, action, "*", region=region, session=SESSION)
            if reason is not None:
                raise iam.AccessDeniedError(
                    f"The state machine IAM Role is not authorized to access the Log Destination. {reason}"
                )


def install() -> None:
    """Run the checks before ministack creates or updates a machine, by the API or by CloudFormation."""
    # ministack's own check parses every string as JSONata, also comments and those of JSONPath states.
    patches.take(STEP_FUNCTIONS, "_validate_definition_jsonata", "definition_str")
    patches.replace(STEP_FUNCTIONS, "_validate_definition_jsonata", lambda _: None)
    patches.take(STEP_FUNCTIONS, "_validate_state_machine_definition", "data")
    patches.replace(STEP_FUNCTIONS, "_validate_state_machine_definition", _validate)
    patches.wrap(STEP_FUNCTIONS, "_create_state_machine", "data", _checked)
    patches.wrap(STEP_FUNCTIONS, "_update_state_machine", "data", _checked)
    read = patches.take(PROVISIONERS, "_sfn_definition", "props")
    handlers = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")[MACHINE_TYPE]
    create, update = handlers["create"], handlers["update"]

    def check_properties(name: str, props: dict[str, Any]) -> None:
        kind = str(props.get("StateMachineType", STANDARD))
        try:
            check(props["RoleArn"], name, read(props), props.get("LoggingConfiguration") or {}, kind)
        except iam.AccessDeniedError as denied:
            raise ValueError(f"AccessDeniedException: {denied}") from denied
        except InvalidDefinitionError as invalid:
            raise ValueError(f"InvalidDefinition: {invalid}") from invalid

    def checked_create(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        check_properties(str(props.get("StateMachineName") or logical_id), props)
        return create(logical_id, props, stack_name)

    def checked_update(
        physical_id: str,
        old_props: dict[str, Any],
        new_props: dict[str, Any],
        stack_name: str,
        *more: Any,
        **named: Any,
    ) -> Any:
        check_properties(physical_id.rpartition(":")[2], new_props)
        return update(physical_id, old_props, new_props, stack_name, *more, **named)

    handlers |= {"create": checked_create, "update": checked_update}


def _validate(data: dict[str, Any]) -> Any:
    """ValidateStateMachineDefinition."""
    kind = data.get("type") or STANDARD
    maximum = data.get("maxResults") or MAX_DIAGNOSTICS
    definition = data.get("definition") or ""
    for name, value, allowed in (
        ("type", kind, (STANDARD, EXPRESS)),
        ("severity", data.get("severity") or "ERROR", ("ERROR", "WARNING")),
    ):
        if value not in allowed:
            return _invalid(
                f"Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy enum value "
                f"set: [{', '.join(allowed)}]"
            )
    if not 0 <= maximum <= MAX_DIAGNOSTICS:
        return _invalid(
            f"Value '{maximum}' at 'maxResults' failed to satisfy constraint: Member must have value less "
            f"than or equal to {MAX_DIAGNOSTICS}"
        )
    problems = problems_of(definition, kind)
    return responses.json_response(
        {
            "result": "FAIL" if problems else "OK",
            "diagnostics": [_diagnostic(problem) for problem in problems[:maximum]],
            "truncated": len(problems) > maximum,
        }
    )


def _invalid(message: str) -> Any:
    return responses.error_response_json(
        "ValidationException", f"1 validation error detected: {message}", 400
    )


def _diagnostic(problem: Problem) -> dict[str, str]:
    diagnostic = {"severity": "ERROR", "code": problem.code, "message": problem.message}
    return diagnostic if problem.location is None else {**diagnostic, "location": problem.location}


def _checked(method: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def checking(data: dict[str, Any]) -> Any:
        machines = importlib.import_module(STEP_FUNCTIONS)._state_machines
        known = machines.get(data.get("stateMachineArn", "")) or {}
        name = str(data.get("name") or known.get("name") or "")
        role_arn = data.get("roleArn") or known.get("roleArn") or ""
        # An empty definition is rejected; an absent one leaves the definition unchanged.
        definition = data.get("definition", known.get("definition", ""))
        logging = data.get("loggingConfiguration") or known.get("loggingConfiguration") or {}
        kind = str(known.get("type") or data.get("type") or STANDARD)
        try:
            check(role_arn, name, definition, logging, kind)
        except iam.AccessDeniedError as denied:
            return responses.error_response_json("AccessDeniedException", str(denied), 400)
        except InvalidDefinitionError as invalid:
            return responses.error_response_json("InvalidDefinition", str(invalid), 400)
        return method(data)

    return checking


def _integrations(machine: dict[str, Any]) -> Iterator[str]:
    """The integrations of all Task states, such as ``sagemaker:createTrainingJob.sync``."""
    for state in (machine.get("States") or {}).values():
        resource = state.get("Resource")
        if isinstance(resource, str) and ":states:::" in resource:
            yield resource.partition(":states:::")[2]
        for inner in (state.get("ItemProcessor"), state.get("Iterator"), *(state.get("Branches") or ())):
            if isinstance(inner, dict):
                yield from _integrations(inner)
