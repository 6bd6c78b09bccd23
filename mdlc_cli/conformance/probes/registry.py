"""Beliefs about the model registry, its events and permissions, and about requests that create nothing."""

from __future__ import annotations

import json
from typing import Any

from mdlc_cli.conformance import images
from mdlc_cli.conformance.bench import Bench, chosen
from mdlc_cli.conformance.probe import Observation, Probe
from mdlc_cli.conformance.probes.tasks import wait_until

API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"
EVENT_SECONDS = 90.0


def package(bench: Bench, client: Any | None = None, **more: Any) -> str:
    """Registers a version of the run's group; its ARN."""
    client = client or bench.client("sagemaker")
    created = client.create_model_package(
        ModelPackageGroupName=bench.outputs["Group"],
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": images.image(bench)}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **more,
    )
    return str(created["ModelPackageArn"])


def _version(arn: str) -> int:
    return int(arn.rpartition("/")[2])


def package_event(bench: Bench) -> Observation:
    """Approves a version and reads the events of its creation and its approval from the queue."""
    arn = package(bench)
    bench.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    bench.client("sagemaker").update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"a": "b"})
    details = events(bench, arn, 3)
    # Events may arrive in any order.
    answer = {
        "fields": sorted(json.dumps(detail.get("UpdatedModelPackageFields")) for detail in details),
        "members": sorted({name for detail in details for name in detail if name in _READ}),
    }
    return Observation(
        answer=answer, notes={"all members": sorted({name for detail in details for name in detail})}
    )


_READ = ("ModelPackageGroupName", "ModelPackageArn", "ModelApprovalStatus", "ModelPackageVersion")
"""The members of the event that our rules and machines read."""


def events(bench: Bench, arn: str, count: int) -> list[dict[str, Any]]:
    """The details of that many events of a version."""
    details: list[dict[str, Any]] = []
    queue = bench.client("sqs")

    def look() -> list[dict[str, Any]] | None:
        got = queue.receive_message(
            QueueUrl=bench.outputs["Queue"], MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in got.get("Messages", []):
            queue.delete_message(QueueUrl=bench.outputs["Queue"], ReceiptHandle=message["ReceiptHandle"])
            try:
                detail = json.loads(message["Body"]).get("detail", {})
            except ValueError:
                continue
            if detail.get("ModelPackageArn") == arn:
                details.append(detail)
        return details if len(details) >= count else None

    return list(wait_until(bench, look, EVENT_SECONDS))


def package_order(bench: Bench) -> Observation:
    """Lists three versions without saying an order, and by creation time, newest first."""
    versions = [_version(package(bench)) for _ in range(3)]
    client, group = bench.client("sagemaker"), bench.outputs["Group"]
    plain = client.list_model_packages(ModelPackageGroupName=group, MaxResults=3)
    newest = client.list_model_packages(
        ModelPackageGroupName=group, MaxResults=3, SortBy="CreationTime", SortOrder="Descending"
    )
    answer = {
        name: "newest first" if _versions(listed) == versions[::-1] else "another order"
        for name, listed in (("by default", plain), ("descending by time", newest))
    }
    return Observation(answer=answer)


def _versions(listed: dict[str, Any]) -> list[int]:
    return [package["ModelPackageVersion"] for package in listed["ModelPackageSummaryList"]]


def package_permissions(bench: Bench) -> Observation:
    """Registers versions with a role that may only `sagemaker:CreateModelPackage`: without and with tags."""
    from botocore.exceptions import ClientError

    client = bench.as_role("Packager", "sagemaker")
    answer, notes = {}, {}
    for name, more in (
        ("without tags", {}),
        ("with tags", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("with metadata", {"CustomerMetadataProperties": {"a": "b"}}),
    ):
        try:
            package(bench, client, **more)
            answer[name] = "registered"
        except ClientError as error:
            message = error.response["Error"]["Message"]
            answer[name] = _denied(message) or error.response["Error"]["Code"]
            notes[name] = message
    return Observation(answer=answer, notes=notes)


def _denied(message: str) -> str:
    _, separator, rest = message.partition("not authorized to perform: ")
    return f"needs {rest.split()[0]}" if separator else ""


def same_token(bench: Bench) -> Observation:
    """Registers a version twice with one client token."""
    token = bench.name("token")
    first, second = package(bench, ClientToken=token), package(bench, ClientToken=token)
    return Observation(answer={"versions": "same" if first == second else "two"})


def _codes(*calls: tuple[str, str, dict[str, Any]]) -> Any:
    def ask(bench: Bench) -> Observation:
        from botocore.exceptions import ClientError

        answer: dict[str, Any] = {}
        notes: dict[str, str] = {}
        for name, operation, arguments in calls:
            try:
                getattr(bench.client("sagemaker"), operation)(**arguments)
                answer[name] = {"code": "no error"}
            except ClientError as error:
                text = error.response["Error"]["Message"].lower()
                words = [each for each in ("not found", "could not find", "does not exist") if each in text]
                answer[name] = {"code": error.response["Error"]["Code"], "words": words}
                notes[name] = error.response["Error"]["Message"]
        return Observation(answer=answer, notes=notes)

    return ask


def same_model(bench: Bench) -> Observation:
    """Creates a model twice, by the API and by the optimized integration."""
    from botocore.exceptions import ClientError

    name, client = bench.name("model"), bench.client("sagemaker")
    request = {
        "ModelName": name,
        "ExecutionRoleArn": bench.outputs["Jobs"],
        "PrimaryContainer": {"Image": images.image(bench)},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    arn = client.create_model(**request)["ModelArn"]
    tags = {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
    try:
        client.create_model(**request)
        by_api = "no error"
    except ClientError as error:
        by_api = error.response["Error"]["Code"]
    task = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel", "Arguments": request}
    execution = bench.state(task)
    answer = {"tags": tags, "by API": by_api, "by machine": chosen(execution, "status", "error")}
    return Observation(answer=answer, notes=chosen(execution, "cause"))


_MISSING = "mdlc-conformance-missing"

PROBES = (
    Probe(
        id="event-of-an-approval",
        belief="The event of a changed model package says in `UpdatedModelPackageFields` what changed.",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html",
        page="real-time-inference.md",
        ask=package_event,
        seconds=60,
    ),
    Probe(
        id="order-of-packages",
        belief="ListModelPackages lists the newest version first when it is asked for descending "
        "creation times.",
        source=f"{API}/API_ListModelPackages.html",
        page="contracts.md",
        ask=package_order,
    ),
    Probe(
        id="permissions-of-a-package",
        belief="CreateModelPackage needs `sagemaker:CreateModelPackage` on the group and its "
        "versions, with tags also `sagemaker:AddTags`, and nothing else.",
        source="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html",
        page="architecture.md",
        ask=package_permissions,
    ),
    Probe(
        id="client-token-of-a-package",
        belief="CreateModelPackage with the ClientToken of an earlier request returns the earlier version.",
        source=f"{API}/API_CreateModelPackage.html",
        page="contracts.md",
        ask=same_token,
    ),
    Probe(
        id="missing-resources-of-sagemaker",
        belief="A missing model, endpoint, configuration or training job is ValidationException with "
        "words by which it is recognized.",
        source="https://github.com/boto/boto3/issues/2808",
        page="embedded-aws.md",
        ask=_codes(
            ("model", "describe_model", {"ModelName": _MISSING}),
            ("endpoint", "describe_endpoint", {"EndpointName": _MISSING}),
            ("configuration", "describe_endpoint_config", {"EndpointConfigName": _MISSING}),
            ("training job", "describe_training_job", {"TrainingJobName": _MISSING}),
            ("transform job", "describe_transform_job", {"TransformJobName": _MISSING}),
            ("processing job", "describe_processing_job", {"ProcessingJobName": _MISSING}),
            ("group", "describe_model_package_group", {"ModelPackageGroupName": _MISSING}),
        ),
    ),
    Probe(
        id="configuration-of-a-missing-model",
        belief="CreateEndpointConfig with a model that does not exist is ValidationException.",
        source=f"{API}/API_CreateEndpointConfig.html",
        page="real-time-inference.md",
        ask=_codes(
            (
                "configuration",
                "create_endpoint_config",
                {
                    "EndpointConfigName": _MISSING,
                    "ProductionVariants": [
                        {
                            "VariantName": "A",
                            "ModelName": _MISSING,
                            "InstanceType": "ml.m5.large",
                            "InitialInstanceCount": 1,
                        }
                    ],
                },
            ),
        ),
    ),
    Probe(
        id="model-of-the-same-name",
        belief="A second model of one name is ValidationException by the API; by the optimized integration "
        "`SageMaker.AmazonSageMakerException`. Tags given at creation are the model's tags.",
        source=f"{API}/API_CreateModel.html",
        page="real-time-inference.md",
        ask=same_model,
    ),
)
