"""cdk-nag findings that this library causes on purpose, each with its reason. Pure text.

A wildcard is matched together with the actions that it is granted for. So the same wildcard with another
action, or the same action on another wildcard, is still a finding.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mdlc_constructs.resources.places import LAYOUT
from mdlc_constructs.settings.payloads.tuning import tuning_prefix

ACCESS_LOGS = "AwsSolutions-S1"
ACCESS_LOGS_REASON = (
    "No bucket for access logs was given: pass access_logs_bucket to ModelHome to have S3 write them. The "
    "bucket is private, takes TLS only, and CloudTrail's data events can record the same."
)

_NEVER = "(?!)"
_WILDCARD = re.compile(r"AwsSolutions-IAM5\[Resource::(?P<resource>.+)\]")


@dataclass(frozen=True, kw_only=True)
class Owned:
    """The names that a wildcard may refer to, in cdk-nag's notation (`<LogicalId>` for a reference).

    Attributes:
        models: names of model homes.
        buckets: names of their buckets.
        datasets: buckets and prefixes of datasets, such as `<Bucket>/raw/`.
    """

    models: frozenset[str]
    buckets: frozenset[str]
    datasets: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A row of the table.

    Attributes:
        resource: a regular expression; `MODEL`, `TUNING`, `BUCKET`, `DATASET` and `PLACE` are replaced by
            owned names.
        actions: a regular expression of actions.
    """

    resource: str
    actions: str
    reason: str


_HERE = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:"
_SAGEMAKER, _LOGS, _EC2, _ECR = (_HERE.format(service) for service in ("sagemaker", "logs", "ec2", "ecr"))
_ALARMS, _SCALING = (_HERE.format(service) for service in ("cloudwatch", "application-autoscaling"))
_PULL = r"ecr:(BatchCheckLayerAvailability|BatchGetImage|GetDownloadUrlForLayer)"

_TABLE = (
    _Known(
        resource=r"\*",
        actions=r"ec2:((Create|Delete)NetworkInterface|(Assign|Unassign)PrivateIpAddresses)",
        reason="Lambda makes the interfaces of a function in a VPC and asks for the permission on every one; "
        "which subnets and security groups, its configuration says.",
    ),
    _Known(
        resource=r"\*",
        actions=r"xray:(PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)",
        reason="X-Ray knows no resource-level permission for sending traces.",
    ),
    _Known(
        resource=r"\*",
        actions=r"logs:((Create|Get|Update|Delete)LogDelivery|ListLogDeliveries"
        r"|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)",
        reason="Step Functions delivers logs by calls that know no resource-level permission.",
    ),
    _Known(
        resource=r"\*",
        actions=r"ecr:GetAuthorizationToken",
        reason="A registry token belongs to no repository; pulling is granted on the image's own.",
    ),
    _Known(
        resource=r"\*",
        actions=r"cloudwatch:PutMetricData",
        reason="Metrics know no resource-level permission; a condition holds them to one namespace.",
    ),
    _Known(
        resource=r"\*",
        actions=r"cloudwatch:GetMetricStatistics",
        reason="Reading metrics knows no resource-level permission; nothing is changed.",
    ),
    _Known(
        resource=r"\*",
        actions=r"sagemaker:List(Endpoints|EndpointConfigs|Models|ModelPackages"
        r"|(HyperParameterTuning|Processing|Training|Transform)Jobs)",
        reason="SageMaker's lists know no resource-level permission; reading and ending is granted by name.",
    ),
    _Known(
        resource=r"\*",
        actions=r"ec2:Describe(DhcpOptions|NetworkInterfaces|SecurityGroups|Subnets|Vpcs)",
        reason="EC2's describe calls know no resource-level permission.",
    ),
    _Known(
        resource=r"arn:<AWS::Partition>:ec2:<AWS::Region>:\*:(subnet|security-group)/[^*]+",
        actions=r"ec2:(Create|Delete)NetworkInterface(Permission)?",
        reason="A subnet or group that is shared by AWS RAM has its owner's account; its id names it alone.",
    ),
    _Known(
        resource=rf"{_EC2}network-interface/\*",
        actions=r"ec2:(Create|Delete)NetworkInterface(Permission)?",
        reason="SageMaker makes the interfaces when a job starts; subnets and security groups are named.",
    ),
    _Known(
        resource=rf"{_LOGS}log-group:/aws/sagemaker/(Processing|Training|Transform)Jobs:\*",
        actions=r"logs:(CreateLogGroup|CreateLogStream|DescribeLogStreams|PutLogEvents)",
        reason="SageMaker names a log stream after the job and its host; the log group is its own.",
    ),
    _Known(
        resource=r"arn:<AWS::Partition>:s3:::BUCKET/PLACE/\*(/manifest\.json)?",
        actions=r"s3:(GetObject|PutObject)",
        reason="A run's digest names its objects; the grant ends at one prefix of the model's own bucket.",
    ),
    _Known(
        resource=r"arn:<AWS::Partition>:s3:::DATASET\*",
        actions=r"s3:GetObject",
        reason="Which files a dataset has is known when it is read; the grant ends at its prefix.",
    ),
    _Known(
        resource=r"arn:<AWS::Partition>:s3:::BUCKET/\*",
        actions=r"s3:DeleteObject(Version)?",
        reason="RemovalPolicy.DESTROY was asked for: the bucket is emptied when its stack is deleted.",
    ),
    _Known(
        resource=rf"{_SAGEMAKER}(training-job|processing-job|transform-job|model)/MODEL-([a-z-]+-?)?\*",
        actions=r"sagemaker:(Create|Describe|Stop|Delete)(TrainingJob|ProcessingJob|TransformJob|Model)"
        r"|sagemaker:(AddTags|ListTags)",
        reason="A digest of the request ends the name of a job or model; the model's name begins it.",
    ),
    _Known(
        resource=rf"{_SAGEMAKER}hyper-parameter-tuning-job/TUNING\*",
        actions=r"sagemaker:((Create|Describe|Stop)HyperParameterTuningJob|AddTags|ListTags"
        r"|ListTrainingJobsForHyperParameterTuningJob)",
        reason="A digest of the request ends the name of a tuning job; the model's name begins it.",
    ),
    _Known(
        resource=rf"{_SAGEMAKER}endpoint-config/MODEL-((config|trial)-)?\*",
        actions=r"sagemaker:((Create|Delete|Describe)EndpointConfig|(Create|Update)Endpoint|AddTags)",
        reason="A digest of the request ends the name of a configuration; the model's name begins it.",
    ),
    _Known(
        resource=rf"{_SAGEMAKER}endpoint(-config)?/\*",
        actions=r"sagemaker:DescribeEndpoint(Config)?",
        reason="What an endpoint has, and which endpoint has a configuration, is known when it is looked up; "
        "nothing is changed.",
    ),
    _Known(
        resource=rf"{_LOGS}log-group:/aws/sagemaker/Endpoints/[A-Za-z0-9-]+:\*",
        actions=r"logs:(CreateLogGroup|CreateLogStream|DescribeLogStreams|PutLogEvents)",
        reason="SageMaker names a log stream after an endpoint's instance; the log group is the endpoint's.",
    ),
    _Known(
        resource=r"\*",
        actions=r"application-autoscaling:DescribeScalableTargets",
        reason="Describing scalable targets knows no resource-level permission.",
    ),
    _Known(
        resource=r"\*",
        actions=r"states:SendTaskSuccess",
        reason="Sending a token back knows no resource-level permission; only who has the token can.",
    ),
    _Known(
        resource=rf"{_SCALING}scalable-target/\*",
        actions=r"application-autoscaling:(RegisterScalableTarget|DeregisterScalableTarget|PutScalingPolicy"
        r"|PutScheduledAction|TagResource)",
        reason="AWS draws the ids of scalable targets; a condition holds them to SageMaker's endpoints.",
    ),
    _Known(
        resource=rf"{_ALARMS}alarm:TargetTracking-endpoint/[A-Za-z0-9-]+/\*",
        actions=r"cloudwatch:(PutMetricAlarm|DescribeAlarms|DeleteAlarms)",
        reason="Target tracking draws the names of its alarms, which begin with the endpoint's.",
    ),
    _Known(
        resource=rf"{_SAGEMAKER}model-package/MODEL/\*",
        actions=r"sagemaker:(Create|Describe|Update|Delete)ModelPackage|sagemaker:AddTags",
        reason="The registry numbers the versions of a package; the group is the model's own.",
    ),
    _Known(
        resource=rf"{_HERE.format('states')}execution:MODEL-"
        r"(training|approval|batch-inference|release|monitoring|batch-monitoring|retraining):\*",
        actions=r"states:StopExecution",
        reason="Step Functions names executions; those of the stack's own machines are stopped with it.",
    ),
    _Known(
        resource=rf"{_HERE.format('states')}execution:MODEL-(training|release|retraining):\*",
        actions=r"states:(DescribeExecution|StopExecution)",
        reason="A request names a retraining, its training and its release, Step Functions a release that "
        "tries a version: whether it still runs is read. The machines are the model's own.",
    ),
    _Known(
        resource=rf"{_HERE.format('states')}execution:\*-retraining:\*",
        actions=r"states:DescribeExecution",
        reason="Models of a fleet come and go in any stack of the account; whether a retraining that holds a "
        "lease or waits for one still runs is read, and never its data.",
    ),
    _Known(
        resource=r"arn:<AWS::Partition>:ecr:\*:\*:repository/\*",
        actions=_PULL,
        reason="No training workflow stands in this app: the package that is scored names its image.",
    ),
    _Known(
        resource=rf"{_ECR}repository/\*",
        actions=_PULL,
        reason="The image's URI is known only at deployment; it may be any repository of this account.",
    ),
)


def wildcard(finding: str) -> str | None:
    """The resource in a finding about a wildcard, or None for any other finding."""
    match = _WILDCARD.fullmatch(finding)
    return match["resource"] if match else None


def reason(resource: str, actions: Iterable[str], owned: Owned) -> str | None:
    """Why all of the actions are granted on the wildcard, or None when one of them is not known.

    Args:
        resource: the ARN pattern in cdk-nag's notation.
        actions: the actions granted on it.
        owned: the names that a wildcard may refer to.
    """
    reasons: dict[str, None] = {}
    for action in actions:
        known = next(
            (
                row.reason
                for row in _TABLE
                if re.fullmatch(row.actions, action) and re.fullmatch(_pattern(row, owned), resource)
            ),
            None,
        )
        if known is None:
            return None
        reasons[known] = None
    return " ".join(reasons) or None


def _pattern(row: _Known, owned: Owned) -> str:
    pattern = row.resource
    for word, values in (
        ("MODEL", owned.models),
        ("TUNING", frozenset(tuning_prefix(model) for model in owned.models)),
        ("BUCKET", owned.buckets),
        ("DATASET", owned.datasets),
        ("PLACE", LAYOUT),
    ):
        alternatives = "|".join(re.escape(value) for value in sorted(values))
        pattern = pattern.replace(word, f"(?:{alternatives})" if values else _NEVER)
    return pattern
