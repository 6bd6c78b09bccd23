"""Checks a Task's resource: functions, activities, optimized integrations and AWS SDK integrations.

Sources: "Integrating optimized services" and "Using AWS SDK service integrations" in the Step Functions
Developer Guide, and botocore's models for the actions of the SDK.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from pathlib import Path

import botocore
from botocore.utils import CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES

from mdlc_local.states.definitions.places import JSONATA, Place

_CALL, _RUN, _WAIT = "", "sync", "waitForTaskToken"


def _all(patterns: tuple[str, ...], *actions: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(actions, patterns)


_ONLY_CALL = (_CALL,)
_JOB = (_CALL, _RUN)
_MESSAGE = (_CALL, _WAIT)
_ANY = (_CALL, _RUN, _WAIT)

OPTIMIZED: dict[str, dict[str, tuple[str, ...]]] = {
    "apigateway": _all(_MESSAGE, "invoke"),
    "athena": _all(_JOB, "startQueryExecution")
    | _all(_ONLY_CALL, "stopQueryExecution", "getQueryExecution", "getQueryResults"),
    "batch": _all(_JOB, "submitJob"),
    "bedrock": _all(_ANY, "invokeModel", "createModelCustomizationJob"),
    "codebuild": _all(_JOB, "startBuild", "startBuildBatch", "retryBuildBatch")
    | _all(_JOB, "stopBuild", "stopBuildBatch", "batchDeleteBuilds", "deleteBuildBatch")
    | _all(_ONLY_CALL, "batchGetReports", "batchGetBuildBatches"),
    "databrew": _all(_JOB, "startJobRun"),
    "dynamodb": _all(_ONLY_CALL, "getItem", "putItem", "updateItem", "deleteItem"),
    "ecs": _all(_ANY, "runTask"),
    "eks": _all(_ANY, "call", "runJob")
    | _all(_JOB, "createCluster", "deleteCluster", "createNodegroup", "deleteNodegroup")
    | _all(_JOB, "createFargateProfile", "deleteFargateProfile", "createAddon", "deleteAddon"),
    "elasticmapreduce": _all(_JOB, "createCluster", "terminateCluster", "addStep")
    | _all(_ONLY_CALL, "setClusterTerminationProtection", "cancelStep")
    | _all(_ONLY_CALL, "modifyInstanceFleetByName", "modifyInstanceGroupByName"),
    "emr-containers": _all(_JOB, "createVirtualCluster", "deleteVirtualCluster", "startJobRun"),
    "emr-serverless": _all(_JOB, "createApplication", "startApplication", "stopApplication")
    | _all(_JOB, "deleteApplication", "startJobRun", "cancelJobRun"),
    "events": _all(_MESSAGE, "putEvents"),
    "glue": _all(_JOB, "startJobRun"),
    "http": _all(_ONLY_CALL, "invoke"),
    "lambda": _all(_MESSAGE, "invoke"),
    "mediaconvert": _all(_JOB, "createJob"),
    "sagemaker": _all(_JOB, "createTrainingJob", "createTransformJob", "createProcessingJob")
    | _all(_JOB, "createHyperParameterTuningJob", "createLabelingJob")
    | _all(_ONLY_CALL, "createModel", "createEndpointConfig", "createEndpoint", "updateEndpoint"),
    "sns": _all(_MESSAGE, "publish"),
    "sqs": _all(_MESSAGE, "sendMessage"),
    "states": _all((_CALL, _RUN, "sync:2", _WAIT), "startExecution"),
}
"""The optimized integrations: by service and action, the integration patterns."""

NEW_SERVICES = frozenset(("bedrock-agentcore",))
"""Services of optimized integrations whose actions are not listed here; all actions are accepted."""

REQUIRED = {
    "lambda:invoke": ("FunctionName",),
    "sqs:sendMessage": ("QueueUrl", "MessageBody"),
    "sns:publish": ("Message",),
    "dynamodb:putItem": ("TableName", "Item"),
    "dynamodb:getItem": ("TableName", "Key"),
    "states:startExecution": ("StateMachineArn",),
    "events:putEvents": ("Entries",),
    "ecs:runTask": ("TaskDefinition",),
    "glue:startJobRun": ("JobName",),
}
"""By integration: the arguments that Step Functions is known to require when a machine is created."""

_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[^:]*:[^:]*:function:\S+")
_ACTIVITY = re.compile(r"arn:[\w-]+:states:[^:]+:[^:]+:activity:\S+")
_INTEGRATION = re.compile(r"arn:[\w-]+:states:[^:]*:[^:]*:(?P<called>[\w-]+:.+)")
_ACTION = re.compile(r"(?P<service>[a-z0-9-]+):(?P<action>\w+)(?:\.(?P<pattern>[\w:]+))?")


def check(task: Place) -> None:
    """Report faults in a Task's resource, and missing arguments that the resource requires."""
    place = task.child("Resource")
    arn = place.value
    if not isinstance(arn, str):
        return
    if not arn.startswith("arn:"):
        place.fault("Value is not a valid resource ARN")
    elif _ACTIVITY.fullmatch(arn):
        if task.has("Credentials"):
            task.fault("The field 'Credentials' is not supported for activities")
    elif not _FUNCTION.fullmatch(arn):
        integration = _INTEGRATION.fullmatch(arn)
        if integration is None or not _is_known(integration["called"]):
            place.fault(
                f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, or "
                "the resource is not available in this region."
            )
        else:
            _check_arguments(task, place, integration["called"])


def is_activity(arn: object) -> bool:
    """Whether a resource is an activity's ARN."""
    return isinstance(arn, str) and _ACTIVITY.fullmatch(arn) is not None


def _check_arguments(task: Place, resource: Place, called: str) -> None:
    name = "Arguments" if task.language == JSONATA else "Parameters"
    if not task.has(name):
        resource.fault(f"{name} field is required for resource ARN: {resource.value}")
        return
    arguments = task.child(name)
    for field in REQUIRED.get(called.partition(".")[0], ()):
        is_present = arguments.has(field) or (task.language != JSONATA and arguments.has(f"{field}.$"))
        if isinstance(arguments.value, dict) and not is_present:
            arguments.fault(f"The field '{field}' is required but was missing")


def _is_known(called: str) -> bool:
    of_sdk = called.startswith("aws-sdk:")
    parts = _ACTION.fullmatch(called.removeprefix("aws-sdk:"))
    if parts is None:
        return False
    service, action, pattern = parts["service"], parts["action"], parts["pattern"] or _CALL
    if of_sdk:
        return pattern in _MESSAGE and action.lower() in _actions(service)
    if service in NEW_SERVICES:
        return True
    return pattern in OPTIMIZED.get(service, {}).get(action, ())


@functools.cache
def _folders() -> dict[str, str]:
    """By the service's name in the AWS SDK for Java 2: the folder of botocore's model."""
    folders = {}
    for folder in sorted(path.name for path in _data().iterdir() if path.is_dir()):
        name = CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES.get(folder, folder).replace("-", "")
        folders[name] = folder
        # That SDK omits "service" at the end of most names.
        folders.setdefault(name.removesuffix("service"), folder)
    return folders


@functools.cache
def _actions(service: str) -> frozenset[str]:
    """The actions of a service, in lower case; empty for a service that the SDK lacks."""
    folder = _folders().get(service)
    if folder is None:
        return frozenset()
    newest = max(path for path in (_data() / folder).iterdir() if path.is_dir())
    packed = newest / "service-2.json.gz"
    text = (
        gzip.decompress(packed.read_bytes()) if packed.exists() else (newest / "service-2.json").read_bytes()
    )
    return frozenset(name.lower() for name in json.loads(text)["operations"])


def _data() -> Path:
    return Path(botocore.__file__).parent / "data"
