"""The verdicts on an endpoint that has settled: whose doing it is that a version does not serve.

A package is rejected for what it did itself, and for nothing else: an update also ends without it for want
of instances, because nobody could ask it, or because somebody else moved the endpoint.
"""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Choice, Rule, State
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model_package import update_model_package

BLAME = "Blame"
"""Where a failure goes that speaks against the package."""

# In service alone says nothing: after a rollback the old configuration is.
_NOT_OURS = "$endpoint.config != $plan.names.CreateConfig"

NO_CAPACITY = (
    "($contains($endpoint.reason, 'ML compute capacity') or "
    "$contains($endpoint.reason, 'InsufficientInstanceCapacity'))"
)
"""Whether the endpoint says that AWS had no instances of its type: "Unable to provision requested ML compute
capacity due to InsufficientInstanceCapacity error."
"""


def endpoint_verdict() -> Choice:
    """`EndpointVerdict`: whether the endpoint is in service, on whichever configuration."""
    broken = "$endpoint.status != 'InService'"
    is_so = "'The endpoint is ' & $endpoint.status & ': ' & $endpoint.reason & '."
    return Choice(
        name="EndpointVerdict",
        rules=(
            _to(
                "RecordFailure",
                f"{broken} and {NO_CAPACITY}",
                "NoCapacity",
                f"{is_so} AWS has no such instances free, which speaks not against the package: delete the "
                "endpoint if it has failed, and release again later or with another instance type.'",
            ),
            _to(BLAME, broken, "EndpointFailed", f"{is_so}'"),
        ),
    )


def release_verdict(*, probed: bool, scaled: bool) -> Choice:
    """`ReleaseVerdict`: whether it is in service with this configuration, and if not, why.

    Args:
        probed: whether answers are probed, so that `$endpoint.silence` says why the prober failed, if it did.
        scaled: whether the endpoint comes here with its scaling restored after a refused update.
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
    capacity = _to(
        "RecordFailure",
        f"{_NOT_OURS} and {NO_CAPACITY}",
        "NoCapacity",
        "'The version before goes on serving, since AWS has no instances free for the new one (' & "
        "$endpoint.reason & '), which speaks not against the package: release again later, or with another "
        "instance type.'",
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
            capacity,
            *((silence,) if probed else ()),
            rolled_back,
        ),
    )


def blame() -> tuple[State, ...]:
    """`Blame` then `RejectPackage`: batch inference must not go on with a version that was sent back."""
    spared = Rule(condition="{% $plan.rejectable != true %}", next="RecordFailure")
    reject = update_model_package(
        "RejectPackage",
        package_arn="{% $plan.package.arn %}",
        group_name=PACKAGE_GROUP,
        approval_status="Rejected",
        # The registry takes one line, and a reason that comes from a container may have many.
        approval_description="{% $substring($trim($failure.Error & ': ' & $failure.Cause), 0, 1000) %}",
        output={},
        next="RecordFailure",
        # A rejection that cannot be written must not hide why it was wanted.
        catch=(Catch(next="RecordFailure"),),
    )
    return (Choice(name=BLAME, rules=(spared,), default="RejectPackage"), reject)


def _to(state: str, condition: str, error: str, cause: str) -> Rule:
    return Rule(
        condition=f"{{% {condition} %}}",
        next=state,
        assign={"failure": {"Error": error, "Cause": f"{{% {cause} %}}"}},
    )
