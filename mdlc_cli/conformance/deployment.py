"""Deploys what probes use, finds runs that left something, and removes everything that a run made."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target
from mdlc_cli.conformance import template
from mdlc_cli.errors import CommandError

DEPLOY_SECONDS = 600.0
REMOVE_SECONDS = 900.0
_JOB_ENDED = ("Completed", "Failed", "Stopped")


def new_run() -> str:
    """A new run's id."""
    return secrets.token_hex(4)


def deploy(target: Target, run: str) -> dict[str, str]:
    """Create the stack and wait for it; its outputs.

    Raises:
        CommandError: it could not be created.
    """
    client, name = target.client("cloudformation"), template.name_of(run)
    client.create_stack(
        StackName=name,
        TemplateBody=template.template(run),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": template.TAG, "Value": run}],
        OnFailure="DO_NOTHING",
    )
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            raise CommandError(f"the stack {name} could not be created: {_first_failure(client, name)}")
        _pause(target)
    raise CommandError(f"the stack {name} was not ready after {DEPLOY_SECONDS:.0f} s")


def _first_failure(client: Any, name: str) -> str:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    if not failed:
        return "no resource says why"
    return f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason', '')}"


def left(target: Target) -> list[str]:
    """The runs of which a stack is still there."""
    pages = target.client("cloudformation").get_paginator("describe_stacks").paginate()
    names = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    return sorted(name.removeprefix(template.PREFIX) for name in names if name.startswith(template.PREFIX))


def remove(target: Target, run: str) -> list[str]:
    """Remove all that a run made; may be repeated. What could not be removed, one sentence each."""
    failures: list[str] = []

    def tried(what: str, call: Callable[[], Any]) -> None:
        try:
            call()
        except Exception as error:
            if not aws_errors.is_of_aws(error):
                raise
            if not _is_gone(error):
                failures.append(f"{what}: {aws_errors.sentence(error)}")

    for what, steps in (
        ("endpoints", _endpoints),
        ("endpoint configurations", _configurations),
        ("jobs", _jobs),
        ("models", _models),
        ("model packages", _packages),
        ("state machines", _machines),
        ("REST APIs", _apis),
        ("objects", _objects),
        ("logs", _logs),
    ):

        def each(what: str = what, steps: Callable[[Target, str], Iterator[tuple[str, Any]]] = steps) -> None:
            for name, call in steps(target, run):
                tried(f"{what}: {name}", call)

        tried(what, each)
    tried("stack", lambda: _stack(target, run, failures))
    return failures


def _is_gone(error: Exception) -> bool:
    """Whether an error says that what is to be removed does not exist."""
    text = str(error).lower()
    return any(words in text for words in ("could not find", "does not exist", "notfound", "nosuch"))


Steps = Iterator[tuple[str, Callable[[], Any]]]


def _endpoints(target: Target, run: str) -> Steps:
    client = target.client("sagemaker")
    for name in _named(client, "list_endpoints", "Endpoints", "EndpointName", run):
        yield name, partial(_delete_endpoint, target, name)


def _delete_endpoint(target: Target, name: str) -> None:
    """Delete an endpoint; SageMaker refuses that while it is being made or updated."""
    client, deadline = target.client("sagemaker"), time.monotonic() + REMOVE_SECONDS
    busy = ("Creating", "Updating", "SystemUpdating", "RollingBack")
    while client.describe_endpoint(EndpointName=name)["EndpointStatus"] in busy:
        if time.monotonic() > deadline:
            break
        _pause(target)
    if client.describe_endpoint(EndpointName=name)["EndpointStatus"] != "Deleting":
        client.delete_endpoint(EndpointName=name)


def _configurations(target: Target, run: str) -> Steps:
    client = target.client("sagemaker")
    for name in _named(client, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", run):
        yield name, partial(client.delete_endpoint_config, EndpointConfigName=name)


def _models(target: Target, run: str) -> Steps:
    client = target.client("sagemaker")
    for name in _named(client, "list_models", "Models", "ModelName", run):
        yield name, partial(client.delete_model, ModelName=name)


def _jobs(target: Target, run: str) -> Steps:
    """Stops jobs that run; those that have ended cost nothing and cannot be deleted."""
    client = target.client("sagemaker")
    for kind in ("Processing", "Transform"):
        listing, stop = f"list_{kind.lower()}_jobs", f"stop_{kind.lower()}_job"
        pages = client.get_paginator(listing).paginate(NameContains=template.name_of(run))
        for job in (job for page in pages for job in page[f"{kind}JobSummaries"]):
            if job[f"{kind}JobStatus"] not in _JOB_ENDED:
                name = job[f"{kind}JobName"]
                request = {f"{kind}JobName": name}
                yield name, partial(getattr(client, stop), **request)


def _packages(target: Target, run: str) -> Steps:
    client, group = target.client("sagemaker"), f"{template.name_of(run)}-group"
    if not _named(client, "list_model_package_groups", "ModelPackageGroupSummaryList", _GROUP, run):
        return
    pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for package in [package for page in pages for package in page["ModelPackageSummaryList"]]:
        arn = package["ModelPackageArn"]
        yield (
            f"version {arn.rpartition('/')[2]}",
            partial(client.delete_model_package, ModelPackageName=arn),
        )


_GROUP = "ModelPackageGroupName"


def _machines(target: Target, run: str) -> Steps:
    client = target.client("stepfunctions")
    for page in client.get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            if machine["name"].startswith(f"{template.name_of(run)}-"):
                arn = machine["stateMachineArn"]
                yield machine["name"], partial(client.delete_state_machine, stateMachineArn=arn)


def _apis(target: Target, run: str) -> Steps:
    client = target.client("apigateway")
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            if api["name"].startswith(f"{template.name_of(run)}-"):
                yield api["name"], partial(client.delete_rest_api, restApiId=api["id"])


def _objects(target: Target, run: str) -> Steps:
    client, name = target.client("cloudformation"), template.name_of(run)
    if run not in left(target):
        return
    resources = client.describe_stack_resources(StackName=name)["StackResources"]
    buckets = [
        resource.get("PhysicalResourceId")
        for resource in resources
        if resource["ResourceType"] == "AWS::S3::Bucket" and resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    for bucket in filter(None, buckets):
        s3 = target.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                yield (
                    item["Key"],
                    partial(s3.delete_object, Bucket=bucket, Key=item["Key"]),
                )


def _logs(target: Target, run: str) -> Steps:
    """The logs of endpoints, and the streams of jobs in the groups that all jobs of the account share."""
    client, name = target.client("logs"), template.name_of(run)
    groups = client.get_paginator("describe_log_groups")
    for page in groups.paginate(logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{name}"):
        for group in page["logGroups"]:
            log = group["logGroupName"]
            yield log, partial(client.delete_log_group, logGroupName=log)
    for page in groups.paginate(logGroupNamePrefix="/aws/sagemaker/"):
        for group in page["logGroups"]:
            log = group["logGroupName"]
            if log not in ("/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TransformJobs"):
                continue
            streams = client.get_paginator("describe_log_streams").paginate(
                logGroupName=log, logStreamNamePrefix=f"{name}-"
            )
            for stream in [stream["logStreamName"] for listed in streams for stream in listed["logStreams"]]:
                yield (
                    stream,
                    partial(client.delete_log_stream, logGroupName=log, logStreamName=stream),
                )


def _stack(target: Target, run: str, failures: list[str]) -> None:
    if run not in left(target):
        return
    client, name = target.client("cloudformation"), template.name_of(run)
    client.delete_stack(StackName=name)
    deadline = time.monotonic() + REMOVE_SECONDS
    while run in left(target):
        status = _status(client, name)
        if status == "DELETE_FAILED" or time.monotonic() > deadline:
            failures.append(f"stack: {name} is {status}: {_first_failure(client, name)}")
            return
        _pause(target)


def _status(client: Any, name: str) -> str:
    try:
        return str(client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except client.exceptions.ClientError:
        return "DELETE_COMPLETE"


def _named(client: Any, operation: str, members: str, name: str, run: str) -> list[str]:
    pages = client.get_paginator(operation).paginate(NameContains=template.name_of(run))
    return [item[name] for page in pages for item in page[members]]


def _pause(target: Target) -> None:
    time.sleep(0.05 if target.is_local else 3.0)
