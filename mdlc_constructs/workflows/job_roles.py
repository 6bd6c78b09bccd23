"""IAM statements of the jobs' roles: one role a step, with least privilege. Pure data."""

from collections.abc import Iterable

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import (
    ACCOUNT,
    BUCKET,
    DATASET_BUCKET,
    DATASET_PREFIX,
    KEY_ARN,
    PARTITION,
    REGION,
    object_arn,
)
from mdlc_constructs.settings import NetworkSettings
from mdlc_constructs.settings.payloads.tuning import tuning_prefix


def _bucket_arn(bucket: str) -> str:
    return f"arn:{PARTITION}:s3:::{bucket}"


def model_bucket(*, reads: Iterable[str] = (), writes: Iterable[str] = ()) -> tuple[Statement, ...]:
    """Permission to read and write objects below prefixes of the model's bucket, and to list the former."""
    reads, writes = tuple(reads), tuple(writes)
    statements = []
    if reads:
        statements += [
            Statement(actions=("s3:GetObject",), resources=object_arn(*reads)),
            Statement(
                actions=("s3:ListBucket",),
                resources=(_bucket_arn(BUCKET),),
                conditions={"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in reads]}},
            ),
            Statement(actions=("kms:Decrypt",), resources=(KEY_ARN,)),
        ]
    if writes:
        statements += [
            Statement(actions=("s3:PutObject",), resources=object_arn(*writes)),
            # A multipart upload decrypts the data key of its earlier parts.
            # S3 needs no kms:Encrypt, but SageMaker's documentation requires it of a job with an output key:
            # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
            Statement(actions=("kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt"), resources=(KEY_ARN,)),
        ]
    return tuple(statements)


def own_files(uris: Iterable[str]) -> tuple[Statement, ...]:
    """Permission to read the objects that an algorithm brings itself; none when it brings none.

    A placeholder stands for an asset of the deployment, which `job_code` permits.
    """
    named = (uri.removeprefix("s3://") for uri in uris if uri.startswith("s3://"))
    arns = tuple(f"arn:{PARTITION}:s3:::{path}" for path in named)
    if not arns:
        return ()
    buckets = tuple(dict.fromkeys(arn.partition("/")[0] for arn in arns))
    return (
        Statement(actions=("s3:GetObject",), resources=arns),
        Statement(actions=("s3:ListBucket",), resources=buckets),
    )


def dataset(
    key_arn: str | None, *, bucket: str = DATASET_BUCKET, prefix: str = DATASET_PREFIX
) -> tuple[Statement, ...]:
    """Permission to read the dataset; `key_arn` is the key of its bucket when that has its own."""
    statements = [
        Statement(actions=("s3:GetObject",), resources=(f"{_bucket_arn(bucket)}/{prefix}*",)),
        Statement(
            actions=("s3:ListBucket",),
            resources=(_bucket_arn(bucket),),
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        ),
    ]
    if key_arn is not None:
        statements.append(Statement(actions=("kms:Decrypt",), resources=(key_arn,)))
    return tuple(statements)


def job_code(bucket: str, *keys: str) -> tuple[Statement, ...]:
    """Permission to read the job code and its wheels, by their keys, in the deployment's asset bucket."""
    return (
        Statement(actions=("s3:GetObject",), resources=tuple(f"{_bucket_arn(bucket)}/{key}" for key in keys)),
        Statement(
            actions=("s3:ListBucket",),
            resources=(_bucket_arn(bucket),),
            conditions={"StringLike": {"s3:prefix": list(keys)}},
        ),
    )


def running(job_kind: str, repository_arn: str, network: NetworkSettings) -> tuple[Statement, ...]:
    """Permissions of every job besides its data: logs, metrics, its image, and network interfaces in a VPC.

    Args:
        job_kind: the last part of the log group's name, such as `ProcessingJobs`.
        repository_arn: the ECR repository of the image.
        network: subnets and security groups of the job.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    # An ARN that ends in `:*` covers the group and its streams, for all actions but those on tags.
    group = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/{job_kind}:*"
    statements = [
        Statement(
            actions=(
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ),
            resources=(group,),
        ),
        Statement(
            actions=("cloudwatch:PutMetricData",),
            resources=("*",),
            conditions={"StringLike": {"cloudwatch:namespace": "*SageMaker*"}},
        ),
        Statement(actions=("ecr:GetAuthorizationToken",), resources=("*",)),
        Statement(
            actions=("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
            resources=(repository_arn,),
        ),
    ]
    if network.in_vpc:
        ec2 = f"arn:{PARTITION}:ec2:{REGION}:{ACCOUNT}:"
        # Subnets and security groups shared through AWS RAM have ARNs with the account of their owner:
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
        anyones = f"arn:{PARTITION}:ec2:{REGION}:*:"
        statements += [
            Statement(
                actions=(
                    "ec2:CreateNetworkInterface",
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                ),
                resources=(
                    # The interface gets its id when the job starts; its subnets and groups are known.
                    f"{ec2}network-interface/*",
                    *(f"{anyones}subnet/{id_}" for id_ in network.subnet_ids),
                    *(f"{anyones}security-group/{id_}" for id_ in network.security_group_ids),
                ),
            ),
            Statement(
                # EC2's Describe calls have no resource-level permissions.
                actions=(
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ),
                resources=("*",),
            ),
        ]
    return tuple(statements)


def volumes() -> tuple[Statement, ...]:
    """Permission to encrypt the job's volume with the model's key.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    return (
        Statement(
            actions=("kms:CreateGrant",),
            resources=(KEY_ARN,),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


def collecting_trials(model_name: str) -> tuple[Statement, ...]:
    """Permissions of the function that lists a tuning's trials and copies the best one's artifact."""
    job = f"arn:{PARTITION}:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/"
    return (
        Statement(
            actions=(
                "sagemaker:DescribeHyperParameterTuningJob",
                "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
            ),
            resources=(f"{job}{tuning_prefix(model_name)}*",),
        ),
        Statement(actions=("s3:GetObject", "s3:PutObject"), resources=object_arn("training")),
        Statement(actions=("kms:GenerateDataKey", "kms:Decrypt"), resources=(KEY_ARN,)),
    )


def model(repository_arn: str, network: NetworkSettings) -> tuple[Statement, ...]:
    """Permissions of a model's containers in transform jobs: artifact, input, and output of predictions."""
    return (
        *model_bucket(reads=("training", "splits", "prepared"), writes=("scores",)),
        *running("TransformJobs", repository_arn, network),
        *volumes(),
    )


def hosted_model(
    repository_arn: str,
    helper_repository_arn: str,
    endpoint_name: str,
    network: NetworkSettings,
    *,
    asynchronous: bool,
    golden: bool,
    alarms: Iterable[str] = (),
) -> tuple[Statement, ...]:
    """Permissions of the containers of an endpoint's model: artifact, program, captures, the endpoint's logs.

    The transform job that scores golden rows runs the same model and therefore has the same role. Its
    predictions have a prefix of their own, separate from that of published batches.

    Args:
        repository_arn: the repository of the package's own container.
        helper_repository_arn: the repository of the containers around the package's own.
        endpoint_name: name of the endpoint, which is also the suffix of its log group.
        network: subnets and security groups of the endpoint.
        asynchronous: whether requests and answers are objects in the model's bucket.
        golden: whether golden rows are scored before a release.
        alarms: names of the rollback alarms, which SageMaker describes with this role:
            https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """
    watched = tuple(f"arn:{PARTITION}:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}" for name in alarms)
    queue = ("asynchronous",) if asynchronous else ()
    asked, answered = (("golden",), ("golden-scores",)) if golden else ((), ())
    endpoint = f"Endpoints/{endpoint_name}"
    return (
        *model_bucket(reads=("training", "splits", *asked, *queue), writes=("capture", *answered, *queue)),
        *running(endpoint, repository_arn, network),
        *running(endpoint, helper_repository_arn, network),
        *(running("TransformJobs", repository_arn, network) if golden else ()),
        *volumes(),
        *((Statement(actions=("cloudwatch:DescribeAlarms",), resources=watched),) if watched else ()),
    )
