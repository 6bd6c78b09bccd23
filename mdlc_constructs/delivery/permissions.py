"""What a pipeline and its build may do, and who may read its artifacts."""

from typing import Any

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.delivery.stages import Places
from mdlc_constructs.settings.environments import Environment
from mdlc_constructs.settings.pipeline_source import Connection, PipelineSource

_READ = ("s3:GetObject", "s3:GetObjectVersion")
_OBJECTS = (*_READ, "s3:PutObject")
_LOGS = (
    Statement(
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resources=("${LogGroupArn}", "${LogGroupArn}:log-stream:*"),
    ),
)
_KEY = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


def of_pipeline(
    source: PipelineSource, environments: tuple[Environment, ...], places: Places
) -> tuple[Statement, ...]:
    """The statements of the pipeline's role.

    Placeholders: `Bucket`, `KeyArn`, `ProjectArn`, `PublisherArn`, `ImagerArn`, `Topic`.
    """
    own = [environment for environment in environments if places.is_own(environment)]
    roles = {
        places.bootstrap_role("deploy-role", places.account, places.region),
        *(places.bootstrap_role("deploy-role", each.account, each.region) for each in environments),
        *(places.access_role(each) for each in environments if each.checks and not places.is_own(each)),
    }
    machines = {
        f"{each.region}:{each.account}:{kind}:{test.machine}{tail}"
        for each in own
        for test in each.smoke_tests
        for kind, tail in (("stateMachine", ""), ("execution", ":*"))
    }
    statements = [
        Statement(actions=_OBJECTS, resources=("arn:${Partition}:s3:::${Bucket}/*",)),
        Statement(actions=("s3:GetBucketVersioning",), resources=("arn:${Partition}:s3:::${Bucket}",)),
        Statement(actions=_KEY, resources=("${KeyArn}",)),
        Statement(
            actions=("codebuild:BatchGetBuilds", "codebuild:StartBuild"),
            resources=("${ProjectArn}", "${PublisherArn}", *(("${ImagerArn}",) if places.imager else ())),
        ),
        Statement(actions=("sts:AssumeRole",), resources=tuple(sorted(roles))),
        _of_source(source, places),
    ]
    if machines:
        resources = tuple(f"arn:${{Partition}}:states:{each}" for each in sorted(machines))
        statements.append(
            Statement(actions=("states:DescribeExecution", "states:StartExecution"), resources=resources)
        )
        statements.append(Statement(actions=("states:DescribeStateMachine",), resources=resources))
    if any(each.watches for each in own):
        # DescribeAlarms knows no resources.
        statements.append(Statement(actions=("cloudwatch:DescribeAlarms",), resources=("*",)))
    if places.topic:
        statements.append(Statement(actions=("sns:Publish",), resources=("${Topic}",)))
    return tuple(statements)


def _of_source(source: PipelineSource, places: Places) -> Statement:
    if isinstance(source, Connection):
        service = source.arn.split(":")[2]
        return Statement(actions=(f"{service}:UseConnection",), resources=(source.arn,))
    repository = f"arn:${{Partition}}:codecommit:{places.region}:{places.account}:{source.repository}"
    actions = ("CancelUploadArchive", "GetBranch", "GetCommit", "GetUploadArchiveStatus", "UploadArchive")
    return Statement(actions=tuple(f"codecommit:{action}" for action in actions), resources=(repository,))


def of_build() -> tuple[Statement, ...]:
    """The statements of the build's role, which runs the team's code: artifacts, logs and reports alone."""
    return (
        *of_image_build(),
        Statement(
            actions=("codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:UpdateReport"),
            resources=("${ReportGroupArn}",),
        ),
    )


def of_image_build() -> tuple[Statement, ...]:
    """The statements of every build's role: artifacts and logs."""
    return (
        Statement(actions=_OBJECTS, resources=("arn:${Partition}:s3:::${Bucket}/*",)),
        Statement(actions=_KEY, resources=("${KeyArn}",)),
        *_LOGS,
    )


def of_publisher(environments: tuple[Environment, ...], places: Places) -> tuple[Statement, ...]:
    """The statements of the role that publishes assets by the roles of the CDK's bootstrap.

    The CDK CLI reads the bootstrap's version with the deploy role, so it assumes that one, too.
    """
    where = {(places.account, places.region), *((each.account, each.region) for each in environments)}
    kinds = ("deploy-role", "file-publishing-role", "image-publishing-role", "lookup-role")
    roles = {places.bootstrap_role(kind, account, region) for account, region in where for kind in kinds}
    return (
        Statement(actions=_READ, resources=("arn:${Partition}:s3:::${Bucket}/*",)),
        Statement(actions=("kms:Decrypt", "kms:DescribeKey"), resources=("${KeyArn}",)),
        *_LOGS,
        Statement(actions=("sts:AssumeRole",), resources=tuple(sorted(roles))),
    )


def readers(environments: tuple[Environment, ...], places: Places) -> dict[str, list[str]]:
    """The deploy roles that read the artifacts, by account.

    A policy names the account and compares the role's ARN: naming a role that does not exist yet would be
    refused, and with it the whole stack.
    """
    roles: dict[str, set[str]] = {
        places.account: {places.bootstrap_role("deploy-role", places.account, places.region)}
    }
    for each in environments:
        roles.setdefault(each.account, set()).add(
            places.bootstrap_role("deploy-role", each.account, each.region)
        )
    return {account: sorted(arns) for account, arns in sorted(roles.items())}


def reading(
    roles: dict[str, list[str]], places: Places, actions: list[str], resource: str
) -> list[dict[str, Any]]:
    """Statements of a resource policy that let the deploy roles of several accounts read.

    The bootstrap's policy lets a deploy role read what is in other accounts. In its own account the resource
    must name the role itself: naming the account would leave the decision to that policy.
    """
    statements: list[dict[str, Any]] = []
    for account, arns in roles.items():
        own = account == places.account
        principal = arns if own else f"arn:{places.partition}:iam::{account}:root"
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": actions,
            "Resource": resource,
        }
        if not own:
            statement["Condition"] = {"ArnEquals": {"aws:PrincipalArn": arns}}
        statements.append(statement)
    return statements
