"""What the roles of jobs may do: one role a step, each the narrowest statements that run it. Pure data."""

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


def _bucket_arn(bucket: str) -> str:
    return f"arn:{PARTITION}:s3:::{bucket}"


def model_bucket(*, reads: Iterable[str] = (), writes: Iterable[str] = ()) -> tuple[Statement, ...]:
    """Read and write objects below prefixes of the model's bucket, and list those that are read."""
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
            # S3 asks for no kms:Encrypt, but SageMaker's documentation asks it of a job with an output key:
            # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
            Statement(actions=("kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt"), resources=(KEY_ARN,)),
        ]
    return tuple(statements)


def dataset(
    key_arn: str | None, *, bucket: str = DATASET_BUCKET, prefix: str = DATASET_PREFIX
) -> tuple[Statement, ...]:
    """Read the dataset where it lies; `key_arn` when its bucket is encrypted with a key of its own."""
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
    """Read the job code and its wheels, by their keys, from the deployment's asset bucket."""
    return (
        Statement(actions=("s3:GetObject",), resources=tuple(f"{_bucket_arn(bucket)}/{key}" for key in keys)),
        Statement(
            actions=("s3:ListBucket",),
            resources=(_bucket_arn(bucket),),
            conditions={"StringLike": {"s3:prefix": list(keys)}},
        ),
    )


def running(job_kind: str, repository_arn: str, network: NetworkSettings) -> tuple[Statement, ...]:
    """What any job needs on AWS besides its data: logs, metrics, its image, and interfaces in a VPC.

    Args:
        job_kind: the log group's last part, such as `ProcessingJobs`.
        repository_arn: the ECR repository of the image.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    # An ARN that ends in `:*` covers the group and its streams in every action but those on tags.
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
        # Subnets and security groups that are shared by AWS RAM have the ARNs of the account that owns them:
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
                    # Named when the job starts; which subnets and groups it joins is known.
                    f"{ec2}network-interface/*",
                    *(f"{anyones}subnet/{id_}" for id_ in network.subnet_ids),
                    *(f"{anyones}security-group/{id_}" for id_ in network.security_group_ids),
                ),
            ),
            Statement(
                # Describe calls of EC2 know no resource-level permission.
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
    """Encrypt the job's volume with the model's key.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    return (
        Statement(
            actions=("kms:CreateGrant",),
            resources=(KEY_ARN,),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


def model(repository_arn: str, network: NetworkSettings) -> tuple[Statement, ...]:
    """What a model's containers need in transform jobs: artifact, input, and room for the answers."""
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
    """What the containers of an endpoint's model need: artifact, program, captures, an endpoint's own logs.

    The transform job that asks golden rows runs the same model, and so has the same role; its answers lie
    apart from what batches are published from.

    Args:
        helper_repository_arn: the repository of the containers around the package's own.
        endpoint_name: begins nothing else: an endpoint's log group is named by it.
        asynchronous: whether requests lie in the model's bucket, and answers go there.
        golden: whether golden rows are asked before a release.
        alarms: names of the alarms that send a version back, which SageMaker looks at in the model's name:
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
