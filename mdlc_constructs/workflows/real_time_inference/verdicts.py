"""The verdicts on an endpoint that has settled: why a version does not serve, and whose fault that is.

A package is rejected only for its own faults. An update may also fail for lack of instances, because the
version's image could not start, because the prober failed, or because someone else updated the endpoint.
"""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Choice, Rule, State
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model_package import update_model_package

BLAME = "Blame"
"""The state for failures that are the package's fault."""

# The status InService proves nothing: after a rollback the old configuration is in service.
_NOT_OURS = "$endpoint.config != $plan.names.CreateConfig"


def _says(*words: str) -> str:
    """A condition: whether the endpoint's failure reason contains one of the texts."""
    return "(" + " or ".join(f"$contains($endpoint.reason, '{word}')" for word in words) + ")"


NO_CAPACITY = _says(
    "ML compute capacity",
    "InsufficientInstanceCapacity",
    "InsufficientCapacity",
    "CapacityError",
    "ResourceLimitExceeded",
    "service limit",
    "InsufficientFreeAddressesInSubnet",
)
"""A condition: whether the endpoint had no room for its instances. AWS had none ("Unable to provision
requested ML compute capacity due to InsufficientInstanceCapacity error."), or the account's quota or its
subnets were exhausted.
"""

NO_IMAGE = _says(
    "CannotStartContainerError",
    "CannotPullContainer",
    "Cannot pull",
    "Failed to pull",
    "make sure all images included in the model",
    "BatchGetImage",
    "ecr:",
    "exec format error",
    "does not match the detected host platform",
    "no matching manifest",
)
"""A condition: whether an image was not pulled or not started. It may not exist, the role may not read it, or
it is built for another CPU architecture than the instances have. A container that starts and does not answer
has another reason ("did not pass the ping health check"), which is the package's fault.
"""

ENVIRONMENT = (
    (
        NO_CAPACITY,
        "NoCapacity",
        "AWS has no such instances free, or the account may have no more of them, which speaks not against "
        "the package: release again later, with another instance type, or with a larger quota",
    ),
    (
        NO_IMAGE,
        "ImageNotStarted",
        "an image of the version was not pulled or not started, which speaks not against the package, whose "
        "container has scored before: see that the image exists, that the role may read it and that it is "
        "built for the processor of the instance type, and release again",
    ),
)
"""Failures of an update that are not the package's fault: condition, error name, and what to do."""


def endpoint_verdict() -> Choice:
    """`EndpointVerdict`: whether the endpoint is in service, with any configuration."""
    broken = "$endpoint.status != 'InService'"
    is_so = "'The endpoint is ' & $endpoint.status & ': ' & $endpoint.reason & '."
    return Choice(
        name="EndpointVerdict",
        rules=(
            *(
                _to(
                    "RecordFailure",
                    f"{broken} and {condition}",
                    error,
                    f"{is_so} What it means: {remedy}. An endpoint that has failed has to be deleted first.'",
                )
                for condition, error, remedy in ENVIRONMENT
            ),
            _to(BLAME, broken, "EndpointFailed", f"{is_so}'"),
        ),
    )


def release_verdict(*, probed: bool, scaled: bool) -> Choice:
    """`ReleaseVerdict`: whether it is in service with this release's configuration, and if not, why.

    Args:
        probed: whether answers are probed; then `$endpoint.silence` has the reason why the prober failed.
        scaled: whether this state is also entered after a rejected update, once scaling is restored.
    """
    refused = Rule(condition="{% $plan.endpoint = 'Refused' %}", next="RecordFailure")
    moved = _to(
        "RecordFailure",
        f"{_NOT_OURS} and $endpoint.config != $plan.replaced_config",
        "EndpointMoved",
        "'The endpoint serves ' & $endpoint.config & ', which is neither what this release brought nor what "
        "it replaced: another release or a person moved it meanwhile. See `mdlc audit`, and release again if "
        "version ' & $string($plan.package.version) & ' is wanted.'",
    )
    environment = tuple(
        _to(
            "RecordFailure",
            f"{_NOT_OURS} and {condition}",
            error,
            f"'The version before goes on serving (' & $endpoint.reason & '). What it means: {remedy}.'",
        )
        for condition, error, remedy in ENVIRONMENT
    )
    silence = _to(
        "RecordFailure",
        f"{_NOT_OURS} and $endpoint.silence != ''",
        "ProberFailed",
        "'The version before goes on serving, since nobody could tell how the new one answers: the prober "
        "failed (' & $endpoint.silence & '). Nothing speaks against the package: look at the log of "
        "ProbeAnswers, and release again.'",
    )
    rolled_back = _to(
        BLAME,
        _NOT_OURS,
        "RolledBack",
        "'SageMaker rolled back to ' & $endpoint.config & ': ' & $endpoint.reason & '. The version before "
        "goes on serving.'",
    )
    return Choice(
        name="ReleaseVerdict",
        rules=(
            *((refused,) if scaled else ()),
            moved,
            *environment,
            *((silence,) if probed else ()),
            rolled_back,
        ),
    )


def blame() -> tuple[State, ...]:
    """`Blame` then `RejectPackage`: batch inference must not continue with a version that was rolled back."""
    spared = Rule(condition="{% $plan.rejectable != true %}", next="RecordFailure")
    reject = update_model_package(
        "RejectPackage",
        package_arn="{% $plan.package.arn %}",
        group_name=PACKAGE_GROUP,
        approval_status="Rejected",
        # The registry allows one line; a reason that comes from a container may have several.
        approval_description="{% $substring($trim($failure.Error & ': ' & $failure.Cause), 0, 1000) %}",
        output={},
        next="RecordFailure",
        # If the rejection cannot be written, the original failure is still reported.
        catch=(Catch(next="RecordFailure"),),
    )
    return (Choice(name=BLAME, rules=(spared,), default="RejectPackage"), reject)


def _to(state: str, condition: str, error: str, cause: str) -> Rule:
    return Rule(
        condition=f"{{% {condition} %}}",
        next=state,
        assign={"failure": {"Error": error, "Cause": f"{{% {cause} %}}"}},
    )
