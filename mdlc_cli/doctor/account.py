"""Checks of an account: what the app asks for, against what the account has. They only read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import ClientError

from mdlc_cli.aws import aws_errors
from mdlc_cli.doctor.findings import Finding, fails, not_known, ok, warning
from mdlc_cli.doctor.needs import Bootstrap, Needs
from mdlc_cli.doctor.reader import AccountReader, NotAnsweredError

SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
LOGS_POLICY_CHARACTERS = 5120
"""The most that a resource policy of CloudWatch Logs holds, by AWS's documentation of PutResourcePolicy."""
LOGS_POLICIES = 10
"""The most resource policies of an account in a region."""
NEARLY = 0.9

_IMAGE = re.compile(
    r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^@]+))?(?:@(.+))?"
)

Check = Callable[[AccountReader, Needs], Iterator[Finding]]


def findings(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """All checks; one that AWS does not answer is "not known"."""
    for name, check in CHECKS:
        try:
            yield from check(reader, needs)
        except NotAnsweredError as error:
            yield not_known(name, str(error))
        except ClientError as error:
            yield not_known(name, aws_errors.sentence(error))


def environments(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether the app was synthesized for this account and region."""
    option = "--local" if reader.is_local else "--aws"
    for stack, there in sorted(needs.elsewhere.items()):
        yield warning(
            "app",
            f"{stack} was synthesized for account {there.account}, region {there.region}, so its roles and "
            "images are not compared",
            f"run `mdlc diff {option}`, then again; if the stack names this account itself (env=), use a "
            "profile of it",
        )


def bootstrap(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether the account is bootstrapped for the CDK, as new as the app needs, with its roles."""
    for each in needs.bootstraps:
        remedy = "run `cdk bootstrap`"
        try:
            answer = reader.call("ssm", "GetParameter", Name=each.parameter)
        except ClientError as error:
            if _code(error) != "ParameterNotFound":
                raise
            yield fails("bootstrap", f"{each.parameter} is not there", remedy)
            continue
        version = int(answer["Parameter"]["Value"])
        if version < each.version:
            yield fails("bootstrap", f"version {version}, and the app needs {each.version}", remedy)
            continue
        yield ok("bootstrap", f"version {version}, {each.version} needed")
        yield from _roles(reader, each)


def _roles(reader: AccountReader, asked: Bootstrap) -> Iterator[Finding]:
    missing = [role for role in asked.roles if not _has_role(reader, role)]
    if missing:
        yield fails("roles", f"{', '.join(missing)} not there", "run `cdk bootstrap` again")
    elif asked.roles:
        yield ok("roles", f"{len(asked.roles)} of the bootstrap")


def service_roles(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether there is room for the app's roles, and the role by which endpoints are scaled."""
    summary = reader.call("iam", "GetAccountSummary")["SummaryMap"]
    used, quota = summary.get("Roles"), summary.get("RolesQuota")
    if used is not None and quota is not None:
        says = f"{used} of {quota} used, the app has {needs.roles}"
        if used + needs.roles > quota:
            remedy = "remove unused roles, or ask for a higher quota in Service Quotas (IAM, L-FE177D64)"
            # Those of a stack that is deployed already count twice, so this may be too careful.
            yield warning("number of roles", says, remedy)
        else:
            yield ok("number of roles", says)
    if needs.scales:
        there = _has_role(reader, SCALING_ROLE)
        yield ok("scaling role", SCALING_ROLE if there else f"the first release makes {SCALING_ROLE}")


def quotas(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether instances of each asked type may run for each use.

    Quotas without an applied value have their default one, which another operation lists.
    """
    if not needs.instances:
        return
    wanted = {f"{kind} for {use} usage": (kind, use) for kind, use in needs.instances}
    values: dict[str, float] = {}
    for operation in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        if len(values) < len(wanted):
            for quota in reader.pages("service-quotas", operation, "Quotas", ServiceCode="sagemaker"):
                if quota["QuotaName"] in wanted:
                    values.setdefault(quota["QuotaName"], quota["Value"])
    for name, (_, use) in sorted(wanted.items()):
        if name not in values:
            yield not_known("quota", f"no quota is named {name!r}")
        elif values[name] < 1:
            yield fails(
                "quota", f"{name}: {values[name]:g}", "ask for more in Service Quotas (Amazon SageMaker)"
            )
        elif use == "endpoint" and values[name] < 2:
            yield warning(
                "quota",
                f"{name}: {values[name]:g}, and a release runs the old and the new instances side by side",
                "ask for 2 in Service Quotas (Amazon SageMaker)",
            )
        else:
            yield ok("quota", f"{name}: {values[name]:g}")


def bucket_events(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether buckets that the app does not make send their events to EventBridge."""
    for bucket in needs.own_buckets:
        try:
            answer = reader.call("s3", "GetBucketNotificationConfiguration", Bucket=bucket)
        except ClientError as error:
            if _code(error) != "NoSuchBucket":
                raise
            yield fails("bucket events", f"there is no bucket {bucket}", "create it, or name another")
            continue
        if "EventBridgeConfiguration" in answer:
            yield ok("bucket events", f"{bucket} sends them to EventBridge")
        else:
            yield fails(
                "bucket events",
                f"{bucket} sends none to EventBridge, so new files start nothing",
                "switch them on where the bucket is made (event_bridge_enabled=True), or in its properties",
            )


def log_policies(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether services can still be allowed to write the logs that the app asks for."""
    policies = list(reader.pages("logs", "DescribeResourcePolicies", "resourcePolicies"))
    account_wide = [policy for policy in policies if not policy.get("resourceArn")]
    longest = max((len(policy.get("policyDocument", "")) for policy in account_wide), default=0)
    remedy = (
        "remove policies that are not needed any more (`aws logs describe-resource-policies`), and name log "
        "groups /aws/vendedlogs/..."
    )
    says = f"{len(account_wide)} of {LOGS_POLICIES} policies, the longest has {longest:,} characters"
    full = longest > LOGS_POLICY_CHARACTERS * NEARLY or len(account_wide) >= LOGS_POLICIES
    if full and needs.vended_logs:
        groups = ", ".join(needs.vended_logs)
        yield fails(
            "log policies", f"{says} of {LOGS_POLICY_CHARACTERS:,}, and {groups} must be added", remedy
        )
    elif full:
        yield warning("log policies", f"{says} of {LOGS_POLICY_CHARACTERS:,}", remedy)
    else:
        yield ok("log policies", says)


def api_logs(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether API Gateway has a role for logs, where the app does not set one."""
    if not needs.api_logs:
        return
    role = reader.call("apigateway", "GetAccount").get("cloudwatchRoleArn")
    if role:
        yield ok("API logs", role)
    else:
        yield fails(
            "API logs",
            "API Gateway has no role to write logs in this region",
            "set one in the settings of API Gateway (CloudWatch log role ARN)",
        )


def images(reader: AccountReader, needs: Needs) -> Iterator[Finding]:
    """Whether container images are there and may be pulled, by asking for their manifests."""
    if reader.is_local:
        raise NotAnsweredError("the local AWS pulls none: it runs what images do itself")
    for uri in needs.images:
        match = _IMAGE.fullmatch(uri)
        if match is None:
            yield not_known("image", f"{uri} is no image of ECR")
            continue
        registry, region, repository, tag, digest = match.groups()
        if reader.region and region != reader.region:
            remedy = "copy it there, or give the stack its env= with the region"
            yield fails("image", f"{uri} is in {region}, and the target is {reader.region}", remedy)
            continue
        image = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
        try:
            answer = reader.call(
                "ecr", "BatchGetImage", registryId=registry, repositoryName=repository, imageIds=[image]
            )
        except NotAnsweredError as error:
            yield not_known("image", f"{uri}: {error}")
            continue
        except ClientError as error:
            if _code(error) != "RepositoryNotFoundException":
                raise
            yield fails("image", f"{uri}: there is no such repository", "push the image, or correct its URI")
            continue
        failure = next(iter(answer.get("failures", ())), None)
        if failure is not None:
            reason = failure.get("failureReason") or failure.get("failureCode")
            yield fails("image", f"{uri}: {reason}", "push the image, or correct its tag")
        else:
            yield ok("image", uri)


CHECKS: Sequence[tuple[str, Check]] = (
    ("app", environments),
    ("bootstrap", bootstrap),
    ("roles", service_roles),
    ("quotas", quotas),
    ("bucket events", bucket_events),
    ("log policies", log_policies),
    ("API logs", api_logs),
    ("images", images),
)


def _has_role(reader: AccountReader, name: str) -> bool:
    try:
        reader.call("iam", "GetRole", RoleName=name)
    except ClientError as error:
        if _code(error) != "NoSuchEntity":
            raise
        return False
    return True


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
