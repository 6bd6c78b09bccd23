"""The release of a challenger that won: the states that execute the release machine until its bake ends."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, State, Task
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.tasks.execution import run_execution
from mdlc_constructs.workflows.retraining.approval import look_at_package, rejected
from mdlc_constructs.workflows.retraining.conclusion import lost, result
from mdlc_constructs.workflows.retraining.settings import RELEASE, RetrainingSettings
from mdlc_constructs.workflows.retraining.training import CHILDS_FAILURE, CLAIM_AGAIN

SPEAKS_AGAINST = (
    "GoldenRefused",
    "EndpointFailed",
    "RolledBack",
    "TrialFailed",
    "ShadowDropped",
    "ChallengerLost",
)
"""Failures of a release that are the version's fault, as `docs/contracts.md` lists them."""

_RELEASED_BY = {"release_execution": "{% $work.release.arn %}"}
"""The release's ARN, which is known from the start but recorded only when there is a release."""


def release(settings: RetrainingSettings) -> Task:
    """Start the release machine and wait for it, also when an execution of this request already runs."""
    request = {
        "package_version": "{% $number($split($trained.package_arn, '/')[-1]) %}",
        # The approval's own rule may release it at the same time: the second one then has nothing to do.
        "forward_only": True,
        "reason": "{% $work.reason %}",
        "trigger": "{% $work.trigger %}",
        "request_id": "{% $work.request_id %}",
    }
    return run_execution(
        "Release",
        machine=f"{settings.model}-{RELEASE}",
        execution_name="{% $work.release.name %}",
        input=request,
        kms_key_arn=KEY_ARN,
        timeout_seconds=settings.release_seconds,
        assign={"released": "{% $states.result.Output %}"},
        output={},
        catch=(CLAIM_AGAIN, Catch(next="ReleaseFailed", assign={"failure": CHILDS_FAILURE})),
        comment="Golden rows, traffic in steps, the bake: whatever the release workflow declares",
    )


def releasing(part: StateSequence) -> StateSequence:
    """The states from `ReleaseNeeded` to `RejectedVerdict`; a released version goes to `Won`.

    Args:
        part: the release task with the seams around it.
    """
    needed = Choice(
        name="ReleaseNeeded",
        rules=(
            Rule(
                condition="{% $exists($work.released.outcome) %}",
                next="ReleaseVerdict",
                assign={**_RELEASED_BY, "released": "{% $work.released %}"},
            ),
        ),
        assign=_RELEASED_BY,
    )
    verdict = Choice(
        name="ReleaseVerdict",
        rules=(Rule(condition="{% $released.outcome = 'Superseded' %}", next="LookAtRejected"),),
        default="Won",
    )
    rejection = Choice(
        name="RejectedVerdict",
        rules=(rejected(by="The release sent it back: "),),
        default="RecordAudit",
        assign=result(
            "Superseded", "A newer version was the champion by the time this one would have been released."
        ),
    )
    return StateSequence.of(
        needed,
        part,
        verdict,
        # It was superseded by a newer version, or rolled back by a release that the approval's rule started.
        look_at_package("LookAtRejected"),
        rejection,
    )


def release_failed() -> State:
    """`ReleaseFailed`: a version that was rolled back has lost; any other failure fails the retraining."""
    return Choice(
        name="ReleaseFailed",
        rules=(
            Rule(
                condition=f"{{% $failure.Error in {list(SPEAKS_AGAINST)!r} %}}",
                next="RecordAudit",
                assign=lost("{% $failure.Error & ': ' & $substring($failure.Cause, 0, 2000) %}"),
            ),
        ),
        default="ConcludeFailure",
    )
