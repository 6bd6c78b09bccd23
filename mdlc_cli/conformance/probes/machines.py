"""Beliefs about machines: catches, limits, names, kinds and roles."""

from __future__ import annotations

import json
from typing import Any

from mdlc_cli.conformance.bench import Bench, chosen, one_state
from mdlc_cli.conformance.probe import Observation, Probe
from mdlc_cli.conformance.probes.tasks import ERRORS, GUIDE, failed, task

API = "https://docs.aws.amazon.com/step-functions/latest/apireference"
MACHINES_PAGE = "embedded-aws.md"
TOKEN_SECONDS = 100


def caught_output(bench: Bench) -> Observation:
    """A catcher of all errors on a Task whose Output cannot be evaluated."""
    state = task(
        "lambda:invoke",
        {"FunctionName": bench.outputs["Function"], "Payload": {}},
        Output="{% $states.result.missing.member %}",
        Catch=[
            {"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput.Error %}"}
        ],
        End=True,
    )
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Asked",
        "States": {"Asked": state, "Caught": {"Type": "Pass", "End": True}},
    }
    execution = bench.execute(definition)
    return Observation(
        answer=chosen(execution, "status", "error", "output"), notes=chosen(execution, "cause")
    )


def undefined_output(bench: Bench) -> Observation:
    """An Output that is undefined in a Pass."""
    execution = bench.state({"Type": "Pass", "Output": {"a": "{% $states.input.missing %}"}})
    return failed(execution)


def too_much_data(bench: Bench) -> Observation:
    """An Output beyond 256 KiB in a state with a catcher of all errors."""
    big = "{% $join([1..65000].('abcdefgh')) %}"
    arguments = {"FunctionName": bench.outputs["Function"], "Payload": {}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Asked",
        "States": {
            "Asked": task("lambda:invoke", arguments, Output=big, Catch=catch, End=True),
            "Caught": {"Type": "Pass", "Output": "caught", "End": True},
        },
    }
    execution = bench.execute(definition)
    return Observation(answer=chosen(execution, "status", "error"), notes=chosen(execution, "cause"))


def no_choice(bench: Bench) -> Observation:
    """A Choice without a rule that matches and without a default."""
    state = {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "Other"}]}
    machine = one_state(state)
    machine["States"]["Other"] = {"Type": "Succeed"}
    return failed(bench.execute(machine))


def _waiting(bench: Bench, seconds: int) -> dict[str, Any]:
    arguments = {
        "QueueUrl": bench.outputs["Queue"],
        "MessageBody": {"token": "{% $states.context.Task.Token %}"},
    }
    return task("sqs:sendMessage.waitForTaskToken", arguments, TimeoutSeconds=seconds)


def token_timeout(bench: Bench) -> Observation:
    """A task that waits for a token, which nobody returns, for one second."""
    return failed(bench.state(_waiting(bench, 1)))


def same_execution(bench: Bench) -> Observation:
    """Starts executions of one name: while it runs, after it, and with another input."""
    machine = bench.machine(one_state(_waiting(bench, TOKEN_SECONDS)))
    states, arns = bench.client("stepfunctions"), []
    arns.append(bench.start(machine, {"a": 1}, name="once"))
    arns.append(bench.start(machine, {"a": 1}, name="once"))
    other = _code(lambda: states.start_execution(stateMachineArn=machine, name="once", input='{"a": 2}'))
    states.stop_execution(executionArn=arns[0])
    bench.ended(arns[0])
    ended = _code(lambda: states.start_execution(stateMachineArn=machine, name="once", input='{"a": 1}'))
    answer = {
        "same input while it runs": "same execution" if arns[0] == arns[1] else "another execution",
        "other input while it runs": other,
        "same input after its end": ended,
    }
    return Observation(answer=answer)


def validated_definition(bench: Bench) -> Observation:
    """Validates a definition with a missing target and one with a JSONPath field in JSONata."""
    missing = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    mixed = one_state({"Type": "Pass", "InputPath": "$.a"})
    states = bench.client("stepfunctions")
    answer = {}
    for name, definition in (("missing target", missing), ("JSONPath in JSONata", mixed)):
        execution = states.validate_state_machine_definition(
            definition=json.dumps(definition), type="STANDARD"
        )
        answer[name] = {
            "result": execution["result"],
            "codes": sorted(
                {
                    diagnostic["code"]
                    for diagnostic in execution["diagnostics"]
                    if diagnostic["severity"] == "ERROR"
                }
            ),
        }
    return Observation(answer=answer)


def source_account(bench: Bench) -> Observation:
    """Runs a machine with a role for this account, and creates one with a role for another account."""
    allowed = bench.state({"Type": "Pass", "Output": 1})
    try:
        arn = bench.machine(one_state({"Type": "Pass"}), role="Strangers")
        other = bench.ended(bench.start(arn))
        stranger = other.get("error", other["status"])
    except bench.client("stepfunctions").exceptions.ClientError as error:
        stranger = error.response["Error"]["Code"]
        return Observation(
            answer={"this account": allowed["status"], "other account": stranger},
            notes={"message": error.response["Error"]["Message"]},
        )
    return Observation(answer={"this account": allowed["status"], "other account": stranger})


def express_calls(bench: Bench) -> Observation:
    """Runs an Express machine twice with one name and asks for its history."""
    machine = bench.machine(one_state({"Type": "Pass", "Output": {"a": 1}}), kind="EXPRESS")
    states = bench.client("stepfunctions")
    runs = [states.start_sync_execution(stateMachineArn=machine, name="once", input="{}") for _ in range(2)]
    described = _code(lambda: states.describe_execution(executionArn=runs[0]["executionArn"]))
    answer = {"statuses": [run["status"] for run in runs], "described": described}
    return Observation(answer=answer, notes={"output": runs[0].get("output")})


def _code(call: Any) -> str:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "no error"


PROBES = (
    Probe(
        id="catch-of-an-output",
        belief="An Output that cannot be evaluated fails the execution: a catcher of `States.ALL` on "
        "its Task does not catch it.",
        source=ERRORS,
        page=MACHINES_PAGE,
        ask=caught_output,
    ),
    Probe(
        id="undefined-output",
        belief="An expression that returns nothing fails with `States.QueryEvaluationError`.",
        source=f"{GUIDE}/transforming-data.html",
        page=MACHINES_PAGE,
        ask=undefined_output,
    ),
    Probe(
        id="data-limit",
        belief="An Output beyond 256 KiB fails with `States.DataLimitExceeded`, which `States.ALL` "
        "does not catch.",
        source=ERRORS,
        page=MACHINES_PAGE,
        ask=too_much_data,
    ),
    Probe(
        id="no-choice",
        belief="A Choice without a matching rule and a default fails with `States.NoChoiceMatched`.",
        source=ERRORS,
        page=MACHINES_PAGE,
        ask=no_choice,
    ),
    Probe(
        id="timeout-of-a-token",
        belief="A task that waits for a token beyond TimeoutSeconds fails with `States.Timeout`.",
        source=f"{GUIDE}/connect-to-resource.html",
        page=MACHINES_PAGE,
        ask=token_timeout,
    ),
    Probe(
        id="execution-of-the-same-name",
        belief="StartExecution with the name and input of a running execution returns that execution; "
        "another input, or a closed name, is refused.",
        source=f"{API}/API_StartExecution.html",
        page=MACHINES_PAGE,
        ask=same_execution,
    ),
    Probe(
        id="express-executions",
        belief="Names of Express executions may repeat, and DescribeExecution refuses them.",
        source=f"{GUIDE}/choosing-workflow-type.html",
        page=MACHINES_PAGE,
        ask=express_calls,
    ),
    Probe(
        id="validation-of-definitions",
        belief="ValidateStateMachineDefinition names a missing target `MISSING_TRANSITION_TARGET`, "
        "and a JSONPath field in JSONata `SCHEMA_VALIDATION_FAILED`.",
        source=f"{API}/API_ValidateStateMachineDefinitionDiagnostic.html",
        page=MACHINES_PAGE,
        ask=validated_definition,
    ),
    Probe(
        id="source-account-of-machines",
        belief="Step Functions sends `aws:SourceAccount`: a role for this account is assumed, one for "
        "another account is refused when the machine is created.",
        source=f"{GUIDE}/procedure-create-iam-role.html",
        page="decisions/0020-roles-for-one-account.md",
        ask=source_account,
    ),
)
