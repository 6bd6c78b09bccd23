"""Beliefs about what integrations of Step Functions answer: names of errors, results, and what is written."""

from __future__ import annotations

import json
from typing import Any

from mdlc_cli.conformance.bench import Bench, chosen
from mdlc_cli.conformance.probe import Observation, Probe
from mdlc_cli.conformance.probes.tasks import ERRORS, GUIDE, failed, task

MACHINES_PAGE, RELEASES_PAGE = "embedded-aws.md", "real-time-inference.md"


def put_text(bench: Bench) -> Observation:
    """Writes a text by `putObject` and reads the object."""
    key = bench.name("text")
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": key, "Body": "{% 'a \"text\"\\nof two lines' %}"}
    execution = bench.state(task("aws-sdk:s3:putObject", arguments))
    return _stored(bench, key, execution)


def put_object(bench: Bench) -> Observation:
    """Writes an object of the States Language by `putObject` and reads what is stored."""
    key = bench.name("object")
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": key, "Body": {"b": 1, "a": [True, None]}}
    execution = bench.state(task("aws-sdk:s3:putObject", arguments))
    return _stored(bench, key, execution)


def _stored(bench: Bench, key: str, execution: dict[str, Any]) -> Observation:
    if execution["status"] != "SUCCEEDED":
        return failed(execution)
    read = bench.client("s3").get_object(Bucket=bench.outputs["Bucket"], Key=key)
    answer = {"status": "SUCCEEDED", "body": read["Body"].read().decode()}
    return Observation(answer=answer, notes={"content_type": read.get("ContentType")})


def missing_object(bench: Bench) -> Observation:
    """Reads an object that does not exist."""
    arguments = {"Bucket": bench.outputs["Bucket"], "Key": "missing"}
    return failed(bench.state(task("aws-sdk:s3:getObject", arguments)))


def missing_model(bench: Bench) -> Observation:
    """Describes a model that does not exist."""
    arguments = {"ModelName": bench.name("missing")}
    return failed(bench.state(task("aws-sdk:sagemaker:describeModel", arguments)))


def missing_job(bench: Bench) -> Observation:
    """Describes a training job that does not exist."""
    arguments = {"TrainingJobName": bench.name("missing")}
    return failed(bench.state(task("aws-sdk:sagemaker:describeTrainingJob", arguments)))


def missing_processing_job(bench: Bench) -> Observation:
    """Describes a processing job that does not exist."""
    arguments = {"ProcessingJobName": bench.name("missing")}
    return failed(bench.state(task("aws-sdk:sagemaker:describeProcessingJob", arguments)))


def missing_endpoint(bench: Bench) -> Observation:
    """Requests a prediction of an endpoint that does not exist."""
    arguments = {"EndpointName": bench.name("missing"), "Body": "1", "ContentType": "text/csv"}
    return failed(bench.state(task("aws-sdk:sagemakerruntime:invokeEndpoint", arguments)))


def invalid_model(bench: Bench) -> Observation:
    """Creates a model of a name that SageMaker refuses, by the optimized integration."""
    arguments = {"ModelName": bench.name("not-a-name") + "_!", "ExecutionRoleArn": bench.outputs["Jobs"]}
    return failed(bench.state(task("sagemaker:createModel", arguments)))


def denied_call(bench: Bench) -> Observation:
    """Calls an action that the machine's role does not have."""
    return failed(bench.state(task("aws-sdk:sagemaker:listEndpoints", {})))


def denied_table(bench: Bench) -> Observation:
    """Deletes an item without the permission, by the optimized integration."""
    arguments = {"TableName": bench.outputs["Table"], "Key": {"pk": {"S": "x"}}}
    return failed(bench.state(task("dynamodb:deleteItem", arguments)))


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
    return failed(bench.state(task("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": [{"Put": put}]})))


def function_error(bench: Bench) -> Observation:
    """Invokes a function that raises an exception of its own class."""
    arguments = {"FunctionName": bench.outputs["Function"], "Payload": {"fail": True}}
    execution = bench.state(task("lambda:invoke", arguments))
    cause = json.loads(execution.get("cause", "{}"))
    return Observation(
        answer={**chosen(execution, "status", "error"), "cause": chosen(cause, "errorMessage", "errorType")}
    )


def function_answer(bench: Bench) -> Observation:
    """Invokes a function and reads the result's members."""
    arguments = {"FunctionName": bench.outputs["Function"], "Payload": {"a": 1}}
    execution = bench.state(task("lambda:invoke", arguments))
    output = execution.get("output") or {}
    answer = {
        **chosen(execution, "status", "error"),
        **chosen(output, "Payload", "StatusCode", "ExecutedVersion"),
    }
    return Observation(answer=answer, notes={"members": sorted(output)})


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
        source=f"{GUIDE}/supported-services-awssdk.html",
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
        belief="`aws-sdk:sagemaker:describeModel` of a missing model fails with "
        "`SageMaker.SageMakerException`, because the API model has no ValidationException.",
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
        belief="`aws-sdk:sagemaker:describeProcessingJob` of a missing job fails with one of two "
        "errors: it is asked which.",
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
)
