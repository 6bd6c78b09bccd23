"""The states that wait for a person's approval, which the registry reports as an event."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model_package import describe_model_package
from mdlc_constructs.workflows.retraining.conclusion import lost
from mdlc_constructs.workflows.retraining.lease import step_for_token
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings

WAITING = "approval"
"""Replaces an endpoint's name in the key of items with task tokens: `WAITING#approval#<execution>`."""


def look_at_package(name: str) -> Task:
    """A task that reads the package's approval status in the registry, the only source of it."""
    return describe_model_package(
        name,
        package_arn="{% $trained.package_arn %}",
        group_name=PACKAGE_GROUP,
        assign={
            "approval": {
                "status": "{% $states.result.ModelApprovalStatus %}",
                "reason": "{% $exists($states.result.ApprovalDescription) ? "
                "$states.result.ApprovalDescription : 'No reason was given.' %}",
            }
        },
        output={},
    )


def rejected(*, by: str) -> Rule:
    """A choice's rule for a rejected package, which has lost."""
    return Rule(
        condition="{% $approval.status = 'Rejected' %}",
        next="RecordAudit",
        assign=lost(f"{{% '{by}' & $approval.reason %}}"),
    )


def approval(settings: RetrainingSettings, *, following: str) -> StateSequence:
    """The states from `ApprovalNeeded` to `ApprovalVerdict`; their open end is an approved package.

    Args:
        settings: the retraining's settings.
        following: the next state when the gate itself has approved the package.
    """
    late = Catch(
        errors=("States.Timeout",),
        next="ConcludeFailure",
        assign={
            "failure": {
                "Error": "NotDecided",
                "Cause": "{% 'Nobody approved or rejected ' & $trained.package_arn & ' in time. It stays "
                "pending: approve it, and it is released or scored with as any other version.' %}",
            }
        },
    )
    return StateSequence.of(
        Choice(
            name="ApprovalNeeded",
            rules=(Rule(condition="{% $trained.outcome = 'Succeeded' %}", next=following),),
        ),
        step_for_token(
            "AwaitApproval",
            "await_approval",
            {"package_arn": "{% $trained.package_arn %}"},
            output={},
            timeout_seconds=int(settings.approval_within.total_seconds()),
            catch=(late,),
            comment="Resumed by the registry's event; what was decided before it waited is seen at once",
        ),
        look_at_package("LookAtPackage"),
        Choice(
            name="ApprovalVerdict",
            rules=(
                Rule(condition="{% $approval.status = 'PendingManualApproval' %}", next="AwaitApproval"),
                rejected(by="Rejected in the registry: "),
            ),
        ),
    )
