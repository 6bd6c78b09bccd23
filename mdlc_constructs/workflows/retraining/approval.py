"""Where a person decides, the machine waits for the registry's event."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model_package import describe_model_package
from mdlc_constructs.workflows.retraining.conclusion import lost
from mdlc_constructs.workflows.retraining.lease import step_for_token
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings

WAITING = "approval"
"""Stands where an endpoint's name does in the items that hold tokens: `WAITING#approval#<execution>`."""


def look_at_package(name: str) -> Task:
    """The package's status in the registry, which is the one source of truth."""
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
    """The rule of a choice that a rejected package has lost."""
    return Rule(
        condition="{% $approval.status = 'Rejected' %}",
        next="RecordAudit",
        assign=lost(f"{{% '{by}' & $approval.reason %}}"),
    )


def approval(settings: RetrainingSettings, *, following: str) -> StateSequence:
    """From `ApprovalNeeded` to `ApprovalVerdict`; what is left open is what follows an approval.

    Args:
        following: the state that follows at once what the gate has approved.
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
