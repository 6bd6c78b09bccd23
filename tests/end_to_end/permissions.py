"""Judges roles by what they did: what they are granted is used or explained, and what they used is needed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.end_to_end.aws import Aws
from tests.end_to_end.grants import Grant, Use


@dataclass(frozen=True, kw_only=True)
class Unused:
    """Grants that no run on the embedded AWS uses, and why AWS needs them all the same.

    Attributes:
        roles: logical ids.
        resources: a pattern that the grants' resource patterns match.
    """

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    resources: str = "*"
    reason: str

    def covers(self, grant: Grant) -> bool:
        """Whether this explains the grant."""
        return (
            grant.role in self.roles
            and grant.action in self.actions
            and fnmatchcase(grant.resource, self.resources)
        )


def of_machines(*roles: str) -> tuple[Unused, ...]:
    """What no state machine's role uses here."""
    return (
        Unused(
            roles=roles,
            actions=(
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ),
            reason="Step Functions writes a machine's traces to X-Ray with the machine's role; the embedded "
            "AWS has no X-Ray.",
        ),
    )


def of_waiting_machines(*roles: str) -> tuple[Unused, ...]:
    """What no role of a machine uses here that waits for SageMaker jobs."""
    return (
        *of_machines(*roles),
        Unused(
            roles=roles,
            actions=("sagemaker:ListTags",),
            reason="AWS lists it in the policy of a machine that waits for SageMaker jobs, where Step "
            "Functions reads the tags it has put; the embedded AWS knows the jobs of an execution by their "
            "names.",
        ),
    )


def of_functions(*roles: str) -> tuple[Unused, ...]:
    """What no function's role uses here."""
    return (
        Unused(
            roles=roles,
            actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
            reason="Lambda writes a function's traces to X-Ray with the function's role; the embedded AWS "
            "has no X-Ray.",
        ),
    )


def of_jobs(*roles: str) -> tuple[Unused, ...]:
    """What no SageMaker job's role uses here."""
    return (
        Unused(
            roles=roles,
            actions=(
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ),
            reason="SageMaker pulls a job's image with the job's role; the embedded AWS runs a process in "
            "place of an image of AWS's own registries, and evaluates only pulls from the account's "
            "repositories.",
        ),
        Unused(
            roles=roles,
            actions=("cloudwatch:PutMetricData",),
            reason="SageMaker publishes the metrics of a job's instances with the job's role; a process on "
            "this machine has no instance to measure.",
        ),
        Unused(
            roles=roles,
            actions=("logs:DescribeLogStreams",),
            reason="AWS lists it among the permissions of an execution role, for looking up a stream before "
            "writing to it; the embedded AWS writes its streams without looking.",
        ),
        Unused(
            roles=roles,
            actions=("kms:Encrypt",),
            resources="*:key/${ModelKey}",
            reason="AWS's documentation asks it of the role of a job whose outputs have a key; S3 itself "
            "asks for data keys only, and so does the embedded AWS.",
        ),
    )


def of_writers(*roles: str) -> tuple[Unused, ...]:
    """What no function's role uses here that writes to the model's bucket."""
    return (
        Unused(
            roles=roles,
            actions=("kms:Encrypt",),
            reason="Granted to all who write to the model's bucket; S3 itself asks for data keys only.",
        ),
    )


def of_data_keys(*roles: str) -> tuple[Unused, ...]:
    """What no role uses here that reads and writes encrypted tables."""
    return (
        Unused(
            roles=roles,
            actions=("kms:GenerateDataKey",),
            reason="DynamoDB may make data keys in the caller's name; the embedded AWS asks to decrypt only.",
        ),
    )


def is_granted(grants: Iterable[Grant], uses: Iterable[Use], roles: set[str]) -> None:
    """Everything these roles used was granted to the role itself, and each did something."""
    # Grants of several stacks are equal and differ in their patterns.
    own, made = tuple(grants), set(uses)
    assert [use for use in made if not any(grant.allows(use) for grant in own)] == []
    assert {use.role for use in made} == roles


def is_used_or_explained(
    grants: Iterable[Grant], uses: Iterable[Use], explanations: Iterable[Unused]
) -> None:
    """Every grant was used or is explained, and nothing is explained that was used or is not granted."""
    given, made, explained = tuple(grants), set(uses), tuple(explanations)
    # Equal grants of several stacks count as one: what one of them used, none needs to explain.
    left = set(given) - {grant for grant in given if any(grant.allows(use) for use in made)}
    assert sorted(grant for grant in left if not any(one.covers(grant) for one in explained)) == []
    needless = [
        (role, action, one.resources)
        for one in explained
        for role in one.roles
        for action in one.actions
        if not any((grant.role, grant.action) == (role, action) and one.covers(grant) for grant in left)
    ]
    assert needless == [], f"explains what is used or not granted, take it out: {needless}"


def are_needed(aws: Aws, uses: Iterable[Use]) -> int:
    """Each action that a role used is denied by name when it is taken away; says how many were."""
    judged = 0
    for use in uses:
        question = {"role": use.arn, "action": use.action, "resource": use.resource, "context": use.context}
        assert aws.control("POST", "evaluate", question) == {"allowed": True, "reason": None}, use
        refused = aws.control("POST", "evaluate", {**question, "without": [use.action]})
        assert not refused["allowed"], use
        assert f":assumed-role/{use.arn.rpartition('/')[2]}/" in refused["reason"]
        assert f"is not authorized to perform: {use.action} on resource: {use.resource} " in refused["reason"]
        judged += 1
    return judged


def first_uses(recorded: Iterable[Use]) -> Iterator[Use]:
    """One use of each role and action."""
    seen: set[tuple[str, str]] = set()
    for use in recorded:
        if (use.role, use.action) not in seen:
            seen.add((use.role, use.action))
            yield use
