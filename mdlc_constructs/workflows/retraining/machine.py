"""The retraining machine: a pure function from settings to states.

On success it enters Begin, CoalesceTriggers, TriggersCoalesced, WaitForMore, AskLease, LeaseVerdict, Claim,
Claimed, PublishStart, Train, TrainVerdict, ReleaseCapacity, ApprovalNeeded (AwaitApproval, LookAtPackage and
ApprovalVerdict where a person decides), ReleaseNeeded, Release and ReleaseVerdict where there is a release,
Won, RecordAudit, Conclude and PublishEvent. After a superseded release, LookAtRejected and RejectedVerdict
check whether the version was rejected.

Only the execution that holds the model's lease claims triggers, trains and releases, so two never do so at
the same time. Names of nested executions are derived from the request, so that the next execution finds those
of a stopped one.
"""

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass, State
from mdlc_constructs.workflows.parts import NO_SEAM, Parts, machine_function
from mdlc_constructs.workflows.retraining.approval import approval
from mdlc_constructs.workflows.retraining.conclusion import TO_CONCLUSION, ending, failing, result, won
from mdlc_constructs.workflows.retraining.lease import begin, leased, release_capacity
from mdlc_constructs.workflows.retraining.release import release, release_failed, releasing
from mdlc_constructs.workflows.retraining.settings import WORKFLOW, RetrainingSettings
from mdlc_constructs.workflows.retraining.training import publish_start, train, train_verdict

STEPS = ("train", "release")
"""The steps that can be replaced (`create_<step>_task`) and surrounded (`before_<step>`, `after_<step>`).

The seams of a step run only when this execution runs the step, not when an earlier one completed it.
"""


def steps_of(settings: RetrainingSettings) -> tuple[str, ...]:
    """The machine's steps: without a real-time endpoint there is no release."""
    return STEPS if settings.releases else STEPS[:1]


def default_tasks(settings: RetrainingSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    makers = {"train": train, "release": release}
    return {step: makers[step](settings) for step in steps_of(settings)}


@machine_function(lambda _: WORKFLOW, steps_of, default_tasks)
def retraining_machine(settings: RetrainingSettings, parts: Parts) -> Machine:
    """Assemble the retraining machine."""

    def part(step: str) -> StateSequence:
        return StateSequence.of(
            parts.seams.get(f"before_{step}", NO_SEAM),
            parts.tasks[step],
            parts.seams.get(f"after_{step}", NO_SEAM),
        )

    body = StateSequence.of(
        begin(settings),
        leased(),
        publish_start(settings),
        part("train"),
        train_verdict(),
        release_capacity(),
        approval(settings, following="ReleaseNeeded" if settings.releases else "Won"),
        releasing(part("release")) if settings.releases else NO_SEAM,
        won(settings),
    ).caught(TO_CONCLUSION)
    duplicate = Pass(
        name="Duplicate",
        assign=result("Duplicate", "Another execution does, or did, what this one was started for."),
        next="RecordAudit",
    )
    return Machine(
        (
            *body.then(ending(settings)).states,
            duplicate,
            *((release_failed(),) if settings.releases else ()),
            *failing(settings),
        ),
        comment=f"Retrains {settings.model} when there is a reason to",
        timeout_seconds=int(settings.longest.total_seconds()),
        bindings=dict(parts.bindings),
    )
