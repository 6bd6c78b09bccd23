"""Beliefs about Step Functions: errors, catches, limits, names and roles."""

from __future__ import annotations

import json
import time
from typing import Any

from mdlc_cli.conformance.bench import Bench, UnansweredError, chosen, one_state
from mdlc_cli.conformance.probe import Observation, Probe

GUIDE = "https://docs.aws.amazon.com/step-functions/latest/dg"
API = "https://docs.aws.amazon.com/step-functions/latest/apireference"
ERRORS = f"{GUIDE}/concepts-error-handling.html"
SDK = f"{GUIDE}/supported-services-awssdk.html"
MACHINES_PAGE, RELEASES_PAGE = "embedded-aws.md", "real-time-inference.md"


def task(resource: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Task of an integration such as `aws-sdk:s3:putObject`."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, **more}


def _failed(found: dict[str, Any]) -> Observation:
    return Observation(answer=chosen(found, "status", "error"), notes=chosen(found, "cause", "output"))


def put_text(bench: Bench) -> Observation:
    """Writes a text by `putObject` and reads the object."""
    key = bench.name("text")
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": key, "Body": "{% 'a \"text\"\\nof two lines' %}"}
    found = bench.state(task("aws-sdk:s3:putObject", arguments))
    return _stored(bench, key, found)


def put_object(bench: Bench) -> Observation:
    """Writes an object of the States Language by `putObject` and reads what is stored."""
    key = bench.name("object")
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": key, "Body": {"b": 1, "a": [True, None]}}
    found = bench.state(task("aws-sdk:s3:putObject", arguments))
    return _stored(bench, key, found)


def _stored(bench: Bench, key: str, found: dict[str, Any]) -> Observation:
    if found["status"] != "SUCCEEDED":
        return _failed(found)
    read = bench.client("s3").get_object(Bucket=bench.outputs["Bucket"], Key=key)
    answer = {"status": "SUCCEEDED", "body": read["Body"].read().decode()}
    return Observation(answer=answer, notes={"content_type": read.get("ContentType")})


def missing_object(bench: Bench) -> Observation:
    """Reads an object that does not exist."""
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": "missing"}
    return _failed(bench.state(task("aws-sdk:s3:getObject", arguments)))


def missing_model(bench: Bench) -> Observation:
    """Describes a model that does not exist."""
    arguments = {"ModelName": bench.name("missing")}
    return _failed(bench.state(task("aws-sdk:sagemaker:describeModel", arguments)))


def missing_job(bench: Bench) -> Observation:
    """Describes a training job that does not exist."""
    arguments = {"TrainingJobName": bench.name("missing")}
    return _failed(bench.state(task("aws-sdk:sagemaker:describeTrainingJob", arguments)))


def missing_processing_job(bench: Bench) -> Observation:
    """Describes a processing job that does not exist."""
    arguments = {"ProcessingJobName": bench.name("missing")}
    return _failed(bench.state(task("aws-sdk:sagemaker:describeProcessingJob", arguments)))


def missing_endpoint(bench: Bench) -> Observation:
    """Requests a prediction of an endpoint that does not exist."""
    arguments = {"EndpointName": bench.name("missing"), "Body": "1", "ContentType": "text/csv"}
    return _failed(bench.state(task("aws-sdk:sagemakerruntime:invokeEndpoint", arguments)))


def invalid_model(bench: Bench) -> Observation:
    """Creates a model of a name that SageMaker refuses, by the optimized integration."""
    arguments = {"ModelName": bench.name("not-a-name") + "_!", "ExecutionRoleArn": bench.outputs["Jobs"]}
    return _failed(bench.state(task("sagemaker:createModel", arguments)))


def denied_call(bench: Bench) -> Observation:
    """Calls an action that the machine's role does not have."""
    return _failed(bench.state(task("aws-sdk:sagemaker:listEndpoints", {})))


def denied_table(bench: Bench) -> Observation:
    """Deletes an item without the permission, by the optimized integration."""
    arguments = {"TableName": bench.outputs["Table"], "Key": {"pk": {"S": "x"}}}
    return _failed(bench.state(task("dynamodb:deleteItem", arguments)))


def conditional_put(bench: Bench) -> Observation:
    """Puts an item twice under the condition that it is new, by both integrations."""
    arguments = {
        "TableName": bench.outputs["Table"],
        "Item": {"pk": {"S": bench.name("item")}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    first = bench.state(task("dynamodb:putItem", arguments))
    optimized = bench.state(task("dynamodb:putItem", arguments))
    by_sdk = bench.state(task("aws-sdk:dynamodb:putItem", arguments))
    answer = {
        "first": first["status"],
        "optimized": optimized.get("error"),
        "aws-sdk": by_sdk.get("error"),
    }
    return Observation(answer=answer, notes={"causes": [optimized.get("cause"), by_sdk.get("cause")]})


def cancelled_transaction(bench: Bench) -> Observation:
    """Writes a transaction whose condition is false."""
    put = {
        "TableName": bench.outputs["Table"],
        "Item": {"pk": {"S": bench.name("item")}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    return _failed(bench.state(task("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": [{"Put": put}]})))


def function_error(bench: Bench) -> Observation:
    """Invokes a function that raises an exception of its own class."""
    arguments = {"FunctionName": bench.outputs["Function"], "Payload": {"fail": True}}
    found = bench.state(task("lambda:invoke", arguments))
    cause = json.loads(found.get("cause", "{}"))
    return Observation(
        answer={**chosen(found, "status", "error"), "cause": chosen(cause, "errorMessage", "errorType")}
    )


def function_answer(bench: Bench) -> Observation:
    """Invokes a function and reads the result's members."""
    arguments = {"FunctionName": bench.outputs["Function"], "Payload": {"a": 1}}
    found = bench.state(task("lambda:invoke", arguments))
    output = found.get("output") or {}
    answer = {**chosen(found, "status", "error"), **chosen(output, "Payload", "StatusCode", "ExecutedVersion")}
    return Observation(answer=answer, notes={"members": sorted(output)})


def caught_output(bench: Bench) -> Observation:
    """A catcher of all errors on a Task whose Output cannot be evaluated."""
    state = task(
        "lambda:invoke",
        {"FunctionName": bench.outputs["Function"], "Payload": {}},
        Output="{% $states.result.missing.member %}",
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput.Error %}"}],
        End=True,
    )
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Asked",
        "States": {"Asked": state, "Caught": {"Type": "Pass", "End": True}},
    }
    found = bench.execute(definition)
    return Observation(answer=chosen(found, "status", "error", "output"), notes=chosen(found, "cause"))


def undefined_output(bench: Bench) -> Observation:
    """An Output that is undefined in a Pass."""
    found = bench.state({"Type": "Pass", "Output": {"a": "{% $states.input.missing %}"}})
    return _failed(found)


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
    found = bench.execute(definition)
    return Observation(answer=chosen(found, "status", "error"), notes=chosen(found, "cause"))


def no_choice(bench: Bench) -> Observation:
    """A Choice without a rule that matches and without a default."""
    state = {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "Other"}]}
    machine = one_state(state)
    machine["States"]["Other"] = {"Type": "Succeed"}
    return _failed(bench.execute(machine))


def token_timeout(bench: Bench) -> Observation:
    """A task that waits for a token, which nobody returns, for one second."""
    arguments = {
        "QueueUrl": bench.outputs["Queue"],
        "MessageBody": {"token": "{% $states.context.Task.Token %}"},
    }
    return _failed(bench.state(task("sqs:sendMessage.waitForTaskToken", arguments, TimeoutSeconds=1)))


def same_execution(bench: Bench) -> Observation:
    """Starts executions of one name: while it runs, after it, and with another input."""
    machine = bench.machine(one_state({"Type": "Wait", "Seconds": 20}))
    states, arns = bench.client("stepfunctions"), []
    arns.append(bench.start(machine, {"a": 1}, name="once"))
    arns.append(bench.start(machine, {"a": 1}, name="once"))
    other = _code(lambda: states.start_execution(stateMachineArn=machine, name="once", input='{"a": 2}'))
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
        found = states.validate_state_machine_definition(definition=json.dumps(definition), type="STANDARD")
        answer[name] = {
            "result": found["result"],
            "codes": sorted({one["code"] for one in found["diagnostics"] if one["severity"] == "ERROR"}),
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


def wait_until(bench: Bench, look: Any, seconds: float) -> Any:
    """The first answer of `look` that is not None.

    Raises:
        UnansweredError: there is none within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(bench.pause)
    raise UnansweredError(f"nothing was to be seen within {seconds:.0f} s")


PROBES = (
    Probe(
        id="put-object-of-text",
        belief="`aws-sdk:s3:putObject` stores a Body that is a text as JSON, with quotation marks.",
        source=f"{GUIDE}/supported-services-awssdk.html",
        page=RELEASES_PAGE,
        ask=put_text,
    ),
    Probe(
        id="put-object-of-an-object",
        belief="`aws-sdk:s3:putObject` stores a Body that is an object as JSON without blanks.",
        source=SDK,
        page=RELEASES_PAGE,
        ask=put_object,
    ),
    Probe(
        id="error-of-a-missing-object",
        belief="`aws-sdk:s3:getObject` of a missing key fails with `S3.NoSuchKeyException`.",
        source=ERRORS,
        page=RELEASES_PAGE,
        ask=missing_object,
    ),
    Probe(
        id="error-of-a-missing-model",
        belief="`aws-sdk:sagemaker:describeModel` of a missing model fails with `SageMaker.SageMakerException`, "
        "because the API model has no ValidationException.",
        source=ERRORS,
        page=RELEASES_PAGE,
        ask=missing_model,
    ),
    Probe(
        id="error-of-a-missing-training-job",
        belief="`aws-sdk:sagemaker:describeTrainingJob` of a missing job fails with one of two errors: it is "
        "asked which.",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html",
        page=RELEASES_PAGE,
        ask=missing_job,
    ),
    Probe(
        id="error-of-a-missing-processing-job",
        belief="`aws-sdk:sagemaker:describeProcessingJob` of a missing job fails with one of two errors: it is "
        "asked which.",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html",
        page=MACHINES_PAGE,
        ask=missing_processing_job,
    ),
    Probe(
        id="error-of-a-missing-endpoint",
        belief="`aws-sdk:sagemakerruntime:invokeEndpoint` names its errors as the AWS SDK for Java 2 does.",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
        page=MACHINES_PAGE,
        ask=missing_endpoint,
    ),
    Probe(
        id="error-of-an-invalid-request",
        belief="The optimized SageMaker integration names an error that the API model does not have "
        "`SageMaker.AmazonSageMakerException`.",
        source=f"{GUIDE}/connect-sagemaker.html",
        page=MACHINES_PAGE,
        ask=invalid_model,
    ),
    Probe(
        id="error-of-a-missing-permission",
        belief="A missing permission of an `aws-sdk` task on SageMaker is `SageMaker.SageMakerException`.",
        source=ERRORS,
        page=MACHINES_PAGE,
        ask=denied_call,
    ),
    Probe(
        id="error-of-a-missing-table-permission",
        belief="A missing permission of the optimized DynamoDB integration is "
        "`DynamoDB.AmazonDynamoDBException`.",
        source=f"{GUIDE}/connect-ddb.html",
        page=MACHINES_PAGE,
        ask=denied_table,
    ),
    Probe(
        id="error-of-a-condition",
        belief="A false condition is `DynamoDB.ConditionalCheckFailedException` from the optimized "
        "integration, and `DynamoDb.ConditionalCheckFailedException` from `aws-sdk`.",
        source=f"{GUIDE}/connect-ddb.html",
        page=RELEASES_PAGE,
        ask=conditional_put,
    ),
    Probe(
        id="error-of-a-transaction",
        belief="A cancelled transaction is `DynamoDb.TransactionCanceledException`.",
        source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
        page=RELEASES_PAGE,
        ask=cancelled_transaction,
    ),
    Probe(
        id="error-of-a-function",
        belief="A function's exception is an error by the name of its class, with message and type as cause.",
        source=f"{GUIDE}/connect-lambda.html",
        page=MACHINES_PAGE,
        ask=function_error,
    ),
    Probe(
        id="answer-of-a-function",
        belief="`lambda:invoke` returns Payload as JSON, with StatusCode and ExecutedVersion.",
        source=f"{GUIDE}/connect-lambda.html",
        page=MACHINES_PAGE,
        ask=function_answer,
    ),
    Probe(
        id="catch-of-an-output",
        belief="An Output that cannot be evaluated fails the execution: a catcher of `States.ALL` on its Task does "
        "not catch it.",
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
        belief="An Output beyond 256 KiB fails with `States.DataLimitExceeded`, which `States.ALL` does not catch.",
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
        belief="StartExecution with the name and input of a running execution returns that execution; another "
        "input, or a closed name, is refused.",
        source=f"{API}/API_StartExecution.html",
        page=MACHINES_PAGE,
        ask=same_execution,
        seconds=30,
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
        belief="ValidateStateMachineDefinition names a missing target `MISSING_TRANSITION_TARGET`, and a JSONPath "
        "field in JSONata `SCHEMA_VALIDATION_FAILED`.",
        source=f"{API}/API_ValidateStateMachineDefinitionDiagnostic.html",
        page=MACHINES_PAGE,
        ask=validated_definition,
    ),
    Probe(
        id="source-account-of-machines",
        belief="Step Functions sends `aws:SourceAccount`: a role for this account is assumed, one for another "
        "account is refused when the machine is created.",
        source=f"{GUIDE}/procedure-create-iam-role.html",
        page="decisions/0020-roles-for-one-account.md",
        ask=source_account,
    ),
)
