"""The roles' policy statements, as L2 constructs."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from benchmarks.all_l2.home import Home

XGBOOST_ACCOUNT = "683313688378"
JOB_IMAGE = f"{XGBOOST_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
TRAINING_IMAGE = f"{XGBOOST_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


def allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    """One statement."""
    return iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)


def sagemaker_arn(resource: str) -> str:
    """The ARN of a SageMaker resource in this region and account."""
    return f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"


def running(home: Home, kind: str, repository: str) -> list[iam.PolicyStatement]:
    """The permissions that every job needs besides those for its data."""
    group = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/{kind}"
    return [
        allow(
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            [group, f"{group}:*"],
        ),
        allow(["cloudwatch:PutMetricData"], ["*"], {"StringLike": {"cloudwatch:namespace": "*SageMaker*"}}),
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:{Aws.PARTITION}:ecr:*:{XGBOOST_ACCOUNT}:repository/{repository}"],
        ),
        allow(["kms:CreateGrant"], [home.key.key_arn], {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    ]


def model_bucket(
    home: Home, *, reads: Sequence[str], writes: Sequence[str], also: Sequence[str] = ()
) -> list[iam.PolicyStatement]:
    """Permissions to read and write prefixes of the model's bucket; `also` are readable object ARNs."""
    return [
        allow(["s3:GetObject"], [*(home.bucket.arn_for_objects(f"{prefix}/*") for prefix in reads), *also]),
        allow(
            ["s3:ListBucket"],
            [home.bucket.bucket_arn],
            {"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in reads]}},
        ),
        allow(["s3:PutObject"], [home.bucket.arn_for_objects(f"{prefix}/*") for prefix in writes]),
        allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [home.key.key_arn]),
    ]


def job_code(home: Home, wheels: str) -> list[iam.PolicyStatement]:
    """Permissions to read the job code and its wheels."""
    assets = (home.job_code, home.wheels[wheels])
    bucket = home.job_code.bucket
    return [
        allow(["s3:GetObject"], [bucket.arn_for_objects(asset.s3_object_key) for asset in assets]),
        allow(
            ["s3:ListBucket"],
            [bucket.bucket_arn],
            {"StringLike": {"s3:prefix": [asset.s3_object_key for asset in assets]}},
        ),
    ]


def listing(home: Home, prefix: str) -> iam.PolicyStatement:
    """The permission to list the dataset."""
    return allow(["s3:ListBucket"], [home.bucket.bucket_arn], {"StringLike": {"s3:prefix": f"{prefix}*"}})


def job_role(scope: Construct, id_: str, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
    """A role that SageMaker's jobs assume."""
    return iam.Role(
        scope,
        id_,
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        inline_policies={"Work": iam.PolicyDocument(statements=statements)},
    )


def planning(home: Home, prefix: str) -> list[iam.PolicyStatement]:
    """The permissions of both planning functions."""
    jobs = (
        ("DescribeProcessingJob", "processing-job"),
        ("DescribeTransformJob", "transform-job"),
        ("DescribeModel", "model"),
    )
    machines = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine"
    tagged = [f"{machines}:{home.name}-{workflow}" for workflow in ("training", "batch-inference")]
    return [
        allow(["s3:GetObject"], [home.bucket.arn_for_objects(f"{prefix}*")]),
        listing(home, prefix),
        allow(["states:ListTagsForResource"], tagged),
        allow(["s3:PutObject"], [home.bucket.arn_for_objects("runs/*")]),
        allow(["kms:GenerateDataKey", "kms:Decrypt"], [home.key.key_arn]),
        allow(["dynamodb:GetItem"], [home.table.table_arn]),
        *(allow([f"sagemaker:{action}"], [sagemaker_arn(f"{kind}/{home.name}-*")]) for action, kind in jobs),
    ]


def machine_statements(home: Home, roles_of: Mapping[str, Sequence[iam.IRole]]) -> list[iam.PolicyStatement]:
    """The state machine's permissions that no task construct grants: for jobs, and for the table's KMS key.

    Args:
        roles_of: the jobs' roles, by kind of job.
    """
    statements = [
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [home.key.key_arn],
            {"StringLike": {"kms:ViaService": f"dynamodb.{Aws.REGION}.amazonaws.com*"}},
        )
    ]
    for kind, roles in roles_of.items():
        actions = [f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop")]
        rule = f"rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule"
        statements += [
            allow(
                [*actions, "sagemaker:AddTags", "sagemaker:ListTags"],
                [sagemaker_arn(f"{kind.lower()}-job/{home.name}-*")],
            ),
            allow(
                ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                [f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:{rule}"],
            ),
            allow(
                ["iam:PassRole"],
                [role.role_arn for role in roles],
                {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        ]
    return statements


def clean_up(home: Home) -> list[iam.PolicyStatement]:
    """The permissions of the clean-up function."""
    kinds = (
        ("StopTrainingJob", "training-job"),
        ("StopProcessingJob", "processing-job"),
        ("StopTransformJob", "transform-job"),
        ("DeleteModel", "model"),
    )
    machines = [f"{home.name}-{workflow}" for workflow in ("training", "batch-inference")]
    states = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    lists = (
        *("ListModels", "ListProcessingJobs", "ListTrainingJobs", "ListTransformJobs"),
        "ListHyperParameterTuningJobs",
    )
    return [
        allow([f"sagemaker:{action}" for action in lists], ["*"]),
        *(allow([f"sagemaker:{action}"], [sagemaker_arn(f"{kind}/{home.name}-*")]) for action, kind in kinds),
        allow(
            ["sagemaker:StopHyperParameterTuningJob"],
            [sagemaker_arn(f"hyper-parameter-tuning-job/{home.name}-tune-*")],
        ),
        allow(["states:ListExecutions"], [f"{states}:stateMachine:{name}" for name in machines]),
        allow(["states:StopExecution"], [f"{states}:execution:{name}:*" for name in machines]),
        allow(["sagemaker:ListModelPackages"], [sagemaker_arn(f"model-package-group/{home.name}")]),
        allow(["sagemaker:DeleteModelPackage"], [sagemaker_arn(f"model-package/{home.name}/*")]),
        allow(["s3:ListBucketVersions"], [home.bucket.bucket_arn]),
        allow(["s3:DeleteObject", "s3:DeleteObjectVersion"], [home.bucket.arn_for_objects("*")]),
    ]
